package labtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"
)

// A Client is a client of a [Server]. Its methods fail the test when the server does not do what
// they wait for, and say what came instead.
type Client struct {
	server *Server
	name   string
	conn   conn
	unread []byte // received, but not yet asked for
	end    error  // why nothing follows it
}

// Say sends a line.
func (c *Client) Say(line string) { c.Send([]byte(line + "\n")) }

// Send sends bytes. It returns when they are on their way, or cannot be: a server that hung up or
// stalls shows in what it does not answer.
func (c *Client) Send(data []byte) {
	_ = patient(func(until time.Time) error {
		c.conn.SetWriteDeadline(until)
		n, err := c.conn.Write(data)
		data = data[n:]
		return err
	})
}

// Finish tells the server that nothing more will come, and goes on listening: a half-close.
func (c *Client) Finish() { c.conn.CloseWrite() }

// Leave closes the connection.
func (c *Client) Leave() { c.conn.Close() }

// Reset breaks the connection off, as when a client's machine crashes.
func (c *Client) Reset() { c.conn.Reset() }

// Await waits for a line and requires that it is want.
func (c *Client) Await(want string) {
	t := c.server.check.t
	t.Helper()
	got, err := c.line()
	switch {
	case err != nil:
		t.Fatalf("%s waited for %q: %s", c.name, want, c.why(err))
	case got != want:
		t.Fatalf("%s waited for %q and got %q", c.name, want, got)
	}
}

// AwaitError waits for a line that says ERR and a reason, and returns the reason.
func (c *Client) AwaitError() string {
	t := c.server.check.t
	t.Helper()
	got, err := c.line()
	if err != nil {
		t.Fatalf("%s waited for ERR and a reason: %s", c.name, c.why(err))
	}
	word, reason, _ := strings.Cut(got, " ")
	if word != "ERR" || reason == "" {
		t.Fatalf("%s waited for ERR and a reason and got %q", c.name, got)
	}
	return reason
}

// Line waits for a line and returns it.
func (c *Client) Line() string {
	t := c.server.check.t
	t.Helper()
	got, err := c.line()
	if err != nil {
		t.Fatalf("%s waited for a line: %s", c.name, c.why(err))
	}
	return got
}

// Skip reads the next line if it is this one, and leaves it otherwise.
func (c *Client) Skip(line string) {
	got, err := c.line()
	if err == nil && got != line {
		c.unread = append([]byte(got+"\n"), c.unread...)
	}
}

// AwaitEnd waits for the server to close the connection without another word.
func (c *Client) AwaitEnd() {
	t := c.server.check.t
	t.Helper()
	got, err := c.line()
	switch {
	case err == nil:
		t.Fatalf("%s waited for the server to close the connection and got %q", c.name, got)
	case !errors.Is(err, io.EOF):
		t.Fatalf("%s has its answer, and waited for the server to close the connection: %s", c.name, c.why(err))
	}
}

// HasNothing tells whether no line has come for the client. The server idles before it is asked,
// so that nothing is under way either.
func (c *Client) HasNothing() bool {
	c.server.check.t.Helper()
	c.server.Idle()
	return len(c.unread) == 0 && c.conn.Buffered() == 0
}

// why says why no line came, and where the server's goroutines are instead.
func (c *Client) why(err error) string {
	s := c.server
	if s.returned() {
		return fmt.Sprintf("Serve has returned already, with %v; it goes on until its listener is closed", s.err)
	}
	switch {
	case errors.Is(err, io.EOF):
		return "the server closed the connection"
	case errors.Is(err, syscall.ECONNRESET):
		return "the server broke the connection"
	}
	return fmt.Sprintf("%v\n%s", err, s.check.stuck())
}

// line reads one line without its ending.
func (c *Client) line() (string, error) {
	buf := make([]byte, 4096)
	for {
		if i := bytes.IndexByte(c.unread, '\n'); i >= 0 {
			line := string(c.unread[:i])
			c.unread = c.unread[i+1:]
			return line, nil
		}
		if c.end != nil {
			return "", c.end
		}
		err := patient(func(until time.Time) error {
			c.conn.SetReadDeadline(until)
			n, err := c.conn.Read(buf)
			c.unread = append(c.unread, buf[:n]...)
			return err
		})
		if err != nil {
			c.end = err
		}
	}
}
