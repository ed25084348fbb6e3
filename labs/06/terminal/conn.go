package labtest

import (
	"net"
	"os"
	"syscall"
	"time"

	"lockstep/harness/memnet"
	"lockstep/harness/norace"
)

// A wire is the program's end of its connection. It remembers what was done with it, with no order that
// the race detector could see.
type wire struct {
	*memnet.Conn

	mu norace.Mutex

	// guarded by mu, in functions that the race detector passes over
	looks  int
	fails  bool
	closed bool
}

// hide keeps the further methods of a *memnet.Conn from the program.
type hide struct{ net.Conn }

func (w *wire) Read(p []byte) (int, error) {
	w.look()
	return w.Conn.Read(p)
}

func (w *wire) Write(p []byte) (int, error) {
	if w.failing() {
		return 0, &net.OpError{Op: "write", Net: "tcp", Source: w.LocalAddr(), Addr: w.RemoteAddr(), Err: os.NewSyscallError("write", syscall.EPIPE)}
	}
	return w.Conn.Write(p)
}

func (w *wire) SetDeadline(t time.Time) error {
	w.look()
	return w.Conn.SetDeadline(t)
}

func (w *wire) SetReadDeadline(t time.Time) error {
	w.look()
	return w.Conn.SetReadDeadline(t)
}

func (w *wire) Close() error {
	w.close()
	return w.Conn.Close()
}

//go:norace
func (w *wire) look() { w.mu.Lock(); w.looks++; w.mu.Unlock() }

//go:norace
func (w *wire) looked() int { w.mu.Lock(); defer w.mu.Unlock(); return w.looks }

//go:norace
func (w *wire) failWrites() { w.mu.Lock(); w.fails = true; w.mu.Unlock() }

//go:norace
func (w *wire) failing() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.fails }

//go:norace
func (w *wire) close() { w.mu.Lock(); w.closed = true; w.mu.Unlock() }

//go:norace
func (w *wire) wasClosed() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.closed }
