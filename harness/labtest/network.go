package labtest

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"lockstep/harness/loopback"
	"lockstep/harness/memnet"
)

// A conn is a client's end of a connection.
type conn interface {
	net.Conn
	CloseWrite() error
	Reset() error
	Buffered() int  // bytes that can be read now
	Readable() bool // a Read would return without waiting
	Writable() bool // and so would a Write
}

// roomy is how much a check may send before anybody reads, unless it asks for less.
const roomy = 1 << 20

// memory is the network on which checks run.
func memory(buffer int) (*memnet.Listener, func() (conn, error)) {
	ln := memnet.Listen()
	ln.Buffer = buffer
	return ln, func() (conn, error) { return ln.Dial() }
}

// realTCP is the network on which a plain test would run. It is there to be compared with, and for
// checks of which TCP is the subject. The system keeps at least buffer bytes for a client that does not
// read; 0 leaves the number to it.
func realTCP(t *testing.T, buffer int) (net.Listener, func() (conn, error)) {
	t.Helper()
	unsteered(t, "TCP")
	ln, err := loopback.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	return ln, func() (conn, error) {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return nil, err
		}
		client := c.(*net.TCPConn)
		if buffer > 0 {
			client.SetReadBuffer(buffer)
		}
		return &tcpConn{TCPConn: client}, nil
	}
}

// A tcpConn is a TCP connection with memnet's further methods, as well as TCP can do them.
type tcpConn struct {
	*net.TCPConn
	ahead []byte // read by Buffered
	end   error  // met by Buffered; the system tells a reset only once
}

func (c *tcpConn) Reset() error {
	c.SetLinger(0)
	return c.Close()
}

func (c *tcpConn) Buffered() int {
	c.look()
	return len(c.ahead)
}

func (c *tcpConn) Readable() bool {
	err := c.look()
	return len(c.ahead) > 0 || !errors.Is(err, os.ErrDeadlineExceeded)
}

// Writable does not know.
func (c *tcpConn) Writable() bool { return false }

// look waits a moment: nobody knows what is still under way.
func (c *tcpConn) look() error {
	if c.end != nil {
		return c.end
	}
	buf := make([]byte, 4096)
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	n, err := c.TCPConn.Read(buf)
	c.ahead = append(c.ahead, buf[:n]...)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.end = err
	}
	return err
}

func (c *tcpConn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	if c.end != nil {
		return 0, c.end
	}
	return c.TCPConn.Read(p)
}
