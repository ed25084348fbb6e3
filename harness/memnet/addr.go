package memnet

import (
	"net"
	"sync/atomic"

	"lockstep/harness/norace"
)

const (
	firstPort = 7001
	lastPort  = 65535
)

// handedOut counts the ports given so far.
var handedOut atomic.Uint32

// Renumber hands out ports from the first one again. Whoever has one of before is gone.
//
//go:norace
func Renumber() {
	norace.Begin()
	handedOut.Store(0)
	norace.End()
}

// newAddr returns a loopback address with a port that nobody has.
//
//go:norace
func newAddr() *net.TCPAddr {
	norace.Begin()
	n := handedOut.Add(1) - 1
	norace.End()
	return &net.TCPAddr{IP: net.IP{127, 0, 0, 1}, Port: firstPort + int(n%(lastPort-firstPort+1))}
}

// copyOf is made here: nothing orders a server's look at an address behind the write of whoever made it.
//
//go:norace
func copyOf(addr *net.TCPAddr) *net.TCPAddr {
	c := &net.TCPAddr{IP: make(net.IP, len(addr.IP)), Port: addr.Port}
	move(c.IP, addr.IP)
	return c
}
