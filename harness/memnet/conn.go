package memnet

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"lockstep/harness/norace"
	"lockstep/harness/steer"
)

// defaultBuffer is what a direction holds if nobody said otherwise.
const defaultBuffer = 64 << 10

// A Conn is one end of a connection in memory. All its methods may be called concurrently. Listener
// and Pipe make it.
type Conn struct {
	local, remote *net.TCPAddr
	peer          *Conn
	in, out       *half // this end reads in and writes out

	door *Barrier  // where the Accept that has got it waits, if not nil
	from *Listener // that has it for Accept; nil for a client's end, and for those of a Pipe

	mu *norace.Mutex // shared with the peer; guards the fields below, and in and out

	closed  bool // by Close or Reset of this end
	reset   bool // by Reset of the peer
	futile  int  // how many Reads have found that nothing will follow
	readBy  deadline
	writeBy deadline

	// next is, until it is accepted, the one that dialled after this one, and then the one that was accepted before it. It is guarded by the listener's mutex.
	next *Conn
}

// Pipe returns the two ends of a connection that no listener has made. Each direction holds buffer
// bytes before Write blocks; 0 stands for 64 KiB.
//
//go:norace
func Pipe(buffer int) (a, b *Conn) {
	return newPair(buffer, newAddr(), newAddr())
}

//go:norace
func newPair(buffer int, addrA, addrB *net.TCPAddr) (a, b *Conn) {
	if buffer <= 0 {
		buffer = defaultBuffer
	}
	mu := new(norace.Mutex)
	ab, ba := newHalf(mu, buffer), newHalf(mu, buffer)
	// Each end has addresses of its own: whoever changes what he is shown changes nothing for the other.
	a = &Conn{local: addrA, remote: copyOf(addrB), in: ba, out: ab, mu: mu}
	b = &Conn{local: copyOf(addrB), remote: copyOf(addrA), in: ab, out: ba, mu: mu, peer: a}
	a.peer = b
	return a, b
}

// point is where whoever calls this end could be overtaken.
//
//go:norace
func (c *Conn) point(k steer.Kind) {
	steer.Point(k, uint64(c.local.Port), uint64(c.remote.Port))
}

// Read waits until there are bytes and moves as many into p as there are and fit. It returns io.EOF
// when all has been read and nothing will follow.
//
// Read and Write are the two functions that the detector sees, so that its reports on the caller's
// buffer name the caller. They touch no memory but that buffer.
func (c *Conn) Read(p []byte) (int, error) {
	c.point(steer.Reads)
	c.early()
	n, barrier, err := c.read(p)
	norace.Writes(p[:n])
	if barrier != nil {
		barrier.Arrive()
	}
	return n, err
}

// early tells the listener that somebody reads.
//
//go:norace
func (c *Conn) early() {
	if l := c.from; l != nil {
		l.mu.Lock()
		l.early = l.early || !l.closed
		l.mu.Unlock()
	}
}

// read is Read for the bytes, and returns the barrier to wait at, if any.
//
//go:norace
func (c *Conn) read(p []byte) (int, *Barrier, error) {
	c.mu.Lock()
	n, barrier, err := c.receive(p)
	c.mu.Unlock()
	return n, barrier, c.wrap("read", err)
}

// receive is read under the mutex.
//
//go:norace
func (c *Conn) receive(p []byte) (int, *Barrier, error) {
	in := c.in
	for {
		switch {
		case c.closed:
			return 0, nil, c.pastEnd(net.ErrClosed)
		case len(p) == 0:
			return 0, nil, nil
		case c.readBy.passed:
			return 0, nil, os.ErrDeadlineExceeded
		case c.reset:
			return 0, nil, c.pastEnd(sysError("read", syscall.ECONNRESET))
		case in.bytes.n > 0:
			n, barrier := in.bytes.take(p), in.barrier
			in.barrier = nil
			in.changed.Broadcast()
			return n, barrier, nil
		case in.finished || in.deaf:
			return 0, nil, c.pastEnd(io.EOF)
		}
		in.changed.Wait()
	}
}

// tooOften is how many calls find the end of a connection or a listener before the next one is held:
// whoever makes it does not look at errors, and would keep a processor busy for as long as the
// program runs.
const tooOften = 1000

// pastEnd returns err to a Read behind the end, unless that is one too many. A goroutine that is in it says
// so in a dump. The caller holds the mutex.
//
//go:norace
//go:noinline
func (c *Conn) pastEnd(err error) error {
	for c.futile++; c.futile > tooOften; {
		c.in.changed.Wait()
	}
	return err
}

// Write hands p to the peer and returns when all of it is in the buffer. The bytes of two Writes do
// not mix. If Write fails, the first n bytes had been handed over by then.
func (c *Conn) Write(p []byte) (n int, err error) {
	c.point(steer.Writes)
	norace.Reads(p)
	return c.write(p)
}

//go:norace
func (c *Conn) write(p []byte) (int, error) {
	c.mu.Lock()
	n, err := c.send(p)
	c.mu.Unlock()
	norace.Begin()
	moved.Add(uint64(n))
	norace.End()
	return n, c.wrap("write", err)
}

// send is write under the mutex.
//
//go:norace
func (c *Conn) send(p []byte) (n int, err error) {
	out := c.out
	for out.writing {
		if err = c.writeErr(p); err != nil {
			return 0, err
		}
		out.changed.Wait()
	}
	out.writing = true
	for {
		if err = c.writeErr(p); err != nil {
			break
		}
		n += out.bytes.put(p[n:])
		if n == len(p) {
			break
		}
		out.changed.Broadcast()
		out.changed.Wait()
	}
	if err == nil && out.held {
		out.changed.Broadcast()
		for out.held && c.writeErr(p) == nil {
			out.changed.Wait()
		}
	}
	out.writing = false
	out.changed.Broadcast()
	return n, err
}

// writeErr returns why p cannot be written now or ever, or nil. An empty Write to a peer that has closed
// is none that it could refuse, unless it has refused one already. The caller holds the mutex.
//
//go:norace
func (c *Conn) writeErr(p []byte) error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.writeBy.passed:
		return os.ErrDeadlineExceeded
	case c.reset:
		return sysError("write", syscall.ECONNRESET)
	case c.out.finished, c.out.refused, c.out.abandoned && len(p) > 0:
		c.out.refused = true
		return sysError("write", syscall.EPIPE)
	}
	return nil
}

// Close closes this end: its own calls, also those under way, fail with net.ErrClosed. The peer reads
// what was written before and then io.EOF; its Writes fail with syscall.EPIPE.
//
//go:norace
func (c *Conn) Close() error {
	c.point(steer.Closes)
	c.mu.Lock()
	err := c.close()
	c.mu.Unlock()
	return c.wrap("close", err)
}

// Reset closes this end and breaks the connection: bytes in flight in either direction are lost, and
// the peer's Reads and Writes, also those under way, fail with syscall.ECONNRESET.
//
//go:norace
func (c *Conn) Reset() error {
	c.mu.Lock()
	err := c.close()
	if err == nil {
		c.peer.reset = true
		c.out.bytes.drop()
	}
	c.mu.Unlock()
	return c.wrap("close", err)
}

// close does what Close and Reset have in common. The caller holds the mutex.
//
//go:norace
func (c *Conn) close() error {
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	c.in.abandoned, c.out.finished = true, true
	c.in.bytes.drop()
	c.readBy.clear()
	c.writeBy.clear()
	c.in.changed.Broadcast()
	c.out.changed.Broadcast()
	return nil
}

// CloseWrite ends the output, as that of *net.TCPConn does: the peer reads what was written before and
// then io.EOF, and this end's Writes fail with syscall.EPIPE. Reads go on.
//
//go:norace
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	err := c.shutdownErr()
	if err == nil {
		c.out.finished = true
		c.out.changed.Broadcast()
	}
	c.mu.Unlock()
	return c.wrap("close", err)
}

// CloseRead ends the input, as that of *net.TCPConn does on Linux: this end's Reads, also those under
// way, return io.EOF instead of waiting. The peer does not notice; what it writes all the same can be
// read, and fills the buffer if it is not.
//
//go:norace
func (c *Conn) CloseRead() error {
	c.mu.Lock()
	err := c.shutdownErr()
	if err == nil {
		c.in.deaf = true
		c.in.changed.Broadcast()
	}
	c.mu.Unlock()
	return c.wrap("close", err)
}

// shutdownErr returns why a direction cannot be closed, or nil. The caller holds the mutex.
//
//go:norace
func (c *Conn) shutdownErr() error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.reset:
		return sysError("shutdown", syscall.ENOTCONN)
	}
	return nil
}

// LocalAddr returns the *net.TCPAddr of this end.
//
//go:norace
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the *net.TCPAddr of the peer.
//
//go:norace
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets the time after which Reads and Writes, also those under way, fail with
// os.ErrDeadlineExceeded. The zero time clears it.
//
//go:norace
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, true, true) }

// SetReadDeadline is SetDeadline for Reads only.
//
//go:norace
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, true, false) }

// SetWriteDeadline is SetDeadline for Writes only. A Write that fails so may have written a part.
//
//go:norace
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, false, true) }

//go:norace
func (c *Conn) setDeadlines(t time.Time, read, write bool) error {
	c.mu.Lock()
	closed := c.closed
	if read && !closed {
		c.readBy.set(t, c.mu, c.in.changed)
	}
	if write && !closed {
		c.writeBy.set(t, c.mu, c.out.changed)
	}
	c.mu.Unlock()
	if closed {
		return &net.OpError{Op: "set", Net: "tcp", Addr: c.local, Err: net.ErrClosed}
	}
	return nil
}

// wrap returns err as package net would: io.EOF as it is, all else with what was tried and where.
//
//go:norace
func (c *Conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

//go:norace
func sysError(call string, errno syscall.Errno) error {
	return &os.SyscallError{Syscall: call, Err: errno}
}
