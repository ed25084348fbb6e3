package memnet

import (
	"net"
	"sync/atomic"

	"lockstep/harness/quiet"
)

const (
	firstPort = 7001
	lastPort  = 65535
)

// handedOut counts the ports given so far.
var handedOut atomic.Uint32

// newAddr returns a loopback address with a port that nobody has.
//
//go:norace
func newAddr() *net.TCPAddr {
	quiet.Begin()
	n := handedOut.Add(1) - 1
	quiet.End()
	return &net.TCPAddr{IP: net.IP{127, 0, 0, 1}, Port: firstPort + int(n%(lastPort-firstPort+1))}
}
