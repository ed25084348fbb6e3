package terminal

import (
	"net"
	"os"
	"syscall"
	"time"

	"lockstep/harness/memnet"
	"lockstep/harness/norace"
)

// A recordedConn is the program's end of its connection. It remembers what was done with it, with no order that
// the race detector could see.
type recordedConn struct {
	*memnet.Conn

	mu norace.Mutex

	// guarded by mu, in functions that the race detector passes over
	looks  int
	fails  bool
	closed bool
}

// hide keeps the further methods of a *memnet.Conn from the program.
type hide struct{ net.Conn }

func (c *recordedConn) Read(p []byte) (int, error) {
	c.look()
	return c.Conn.Read(p)
}

func (c *recordedConn) Write(p []byte) (int, error) {
	if c.failing() {
		return 0, &net.OpError{Op: "write", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError("write", syscall.EPIPE)}
	}
	return c.Conn.Write(p)
}

func (c *recordedConn) SetDeadline(t time.Time) error {
	c.look()
	return c.Conn.SetDeadline(t)
}

func (c *recordedConn) SetReadDeadline(t time.Time) error {
	c.look()
	return c.Conn.SetReadDeadline(t)
}

func (c *recordedConn) Close() error {
	c.close()
	return c.Conn.Close()
}

//go:norace
func (c *recordedConn) look() { c.mu.Lock(); c.looks++; c.mu.Unlock() }

//go:norace
func (c *recordedConn) looked() int { c.mu.Lock(); defer c.mu.Unlock(); return c.looks }

//go:norace
func (c *recordedConn) failWrites() { c.mu.Lock(); c.fails = true; c.mu.Unlock() }

//go:norace
func (c *recordedConn) failing() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.fails }

//go:norace
func (c *recordedConn) close() { c.mu.Lock(); c.closed = true; c.mu.Unlock() }

//go:norace
func (c *recordedConn) wasClosed() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.closed }
