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

// moved counts the bytes that have been written.
var moved atomic.Uint64

// Renumber hands out ports from the first one again, and returns how many bytes were written since it last did. Whoever has a port of before is gone.
//
//go:norace
func Renumber() (written uint64) {
	norace.Begin()
	handedOut.Store(0)
	written = moved.Swap(0)
	norace.End()
	return written
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
