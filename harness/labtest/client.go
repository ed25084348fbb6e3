package labtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/memnet"
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
	_ = c.server.patient(c.conn.Writable, func(until time.Time) error {
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
		t.Fatalf("%s waited for %s: %s", c.name, around(want, 0), c.why(err))
	case got != want:
		due, came := Apart(want, got)
		t.Fatalf("%s waited for %s and got %s", c.name, due, came)
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
		t.Fatalf("%s waited for ERR and a reason and got %s", c.name, around(got, 0))
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

// Receive waits for n bytes, whatever they are, and returns them.
func (c *Client) Receive(n int) []byte {
	t := c.server.check.t
	t.Helper()
	for len(c.unread) < n {
		if err := c.more(4096); err != nil {
			t.Fatalf("%s waited for %d bytes and got %d: %s", c.name, n, len(c.unread), c.why(err))
		}
	}
	data := c.unread[:n:n]
	c.unread = c.unread[n:]
	return data
}

// Skip reads the next line if it is this one, and leaves it otherwise.
func (c *Client) Skip(line string) (skipped bool) {
	got, err := c.line()
	if err == nil && got != line {
		c.unread = append([]byte(got+"\n"), c.unread...)
	}
	return err == nil && got == line
}

// AwaitEnd waits for the server to close the connection without another word.
func (c *Client) AwaitEnd() {
	t := c.server.check.t
	t.Helper()
	got, err := c.line()
	switch {
	case err == nil:
		t.Fatalf("%s waited for the server to close the connection and got %s", c.name, around(got, 0))
	case errors.Is(err, errNothingMoves) && c.server.returned():
		t.Fatalf("Serve has returned, with %s, and the connection of %s is still open: close it on every way out", c.server.outcome(), c.name)
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
	await.Idle(time.Second) // a server that hangs up may be about to return
	if s.returned() && !s.ending {
		until := "its listener is closed"
		if s.once {
			until = "its client has sent everything"
		}
		return fmt.Sprintf("Serve has returned already, with %s; it goes on until %s", s.outcome(), until)
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
	for {
		if i := bytes.IndexByte(c.unread, '\n'); i >= 0 {
			line := string(c.unread[:i])
			c.unread = c.unread[i+1:]
			return line, nil
		}
		if err := c.more(4096); err != nil {
			return "", err
		}
	}
}

// Addr is the client's address as the server sees it, host:port.
func (c *Client) Addr() string { return c.conn.LocalAddr().String() }

// Rest waits for the server to close or break the connection, and returns the lines that come until
// then. Bytes behind the last whole line are left out.
func (c *Client) Rest() []string {
	t := c.server.check.t
	t.Helper()
	var lines []string
	for {
		line, err := c.line()
		_, broken := errors.AsType[*net.OpError](err)
		switch {
		case err == nil:
			lines = append(lines, line)
		case broken || errors.Is(err, io.EOF):
			return lines
		case errors.Is(err, errNothingMoves) && c.server.returned():
			t.Fatalf("Serve has returned, with %s, and the connection of %s is still open: close it on every way out", c.server.outcome(), c.name)
		default:
			t.Fatalf("%s waited for the server to close the connection: %s", c.name, c.why(err))
		}
	}
}

// HungUp tells whether the server has closed the connection, also behind lines that the client has not
// read. The server idles before it is asked. To find out, the client sends an empty line.
func (c *Client) HungUp() bool {
	c.server.check.t.Helper()
	c.server.Idle()
	tries := 1
	if _, ok := c.conn.(*tcpConn); ok {
		tries = 2 // the first one only asks, and the answer takes a moment
	}
	for range tries {
		c.conn.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := c.conn.Write([]byte("\n")); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return true
		}
		c.server.Idle()
	}
	return false
}

// Lines returns the whole lines that have come and were not waited for. That none is under way is known
// after [Server.Idle], which looks at all clients at once.
func (c *Client) Lines() []string {
	for n := c.conn.Buffered(); n > 0 && c.more(n) == nil; n = c.conn.Buffered() {
	}
	var lines []string
	for bytes.IndexByte(c.unread, '\n') >= 0 {
		line, _ := c.line()
		lines = append(lines, line)
	}
	return lines
}

// AwaitLines waits until n whole lines have come that were not waited for, and returns all that have come
// then. When no more will come, it returns fewer.
func (c *Client) AwaitLines(n int) []string {
	c.server.check.t.Helper()
	var lines []string
	Until(c.server.check.t, func() bool {
		lines = append(lines, c.Lines()...)
		return len(lines) >= n
	})
	return lines
}

// AwaitNothing requires that nothing has come, and nothing will before somebody acts. why is for the
// message.
func (c *Client) AwaitNothing(why string) {
	t := c.server.check.t
	t.Helper()
	if got := c.Extra(); len(got) > 0 {
		t.Fatalf("%s got %s: %s", c.name, around(string(got), 0), why)
	}
}

// AwaitBytes waits for as many bytes as want has and requires that they are want. What comes behind
// them is left for later.
func (c *Client) AwaitBytes(want []byte) {
	t := c.server.check.t
	t.Helper()
	for len(c.unread) < len(want) && c.more(len(want)-len(c.unread)) == nil {
	}
	got := c.unread[:min(len(want), len(c.unread))]
	at := differ(want, got)
	switch {
	case at < len(got) && len(want) <= short:
		t.Fatalf("%s waited for %q and got %q", c.name, want, got)
	case at < len(got):
		t.Fatalf("%s waited for %d bytes: %d of them came as they should, and then %q instead of %q",
			c.name, len(want), at, got[at:at+1], want[at:at+1])
	case len(got) < len(want):
		t.Fatalf("%s waited for %s and got %s: %s", c.name, show(want), show(got), c.why(c.end))
	}
	c.unread = c.unread[len(want):]
}

// Extra returns what has come and was not waited for. The server idles before it is asked.
func (c *Client) Extra() []byte {
	c.server.check.t.Helper()
	c.server.Idle()
	if n := c.conn.Buffered(); n > 0 {
		_ = c.more(n)
	}
	return c.unread
}

// differ returns where the first difference of a and b is, or the length of the shorter one.
func differ(a, b []byte) int {
	n := min(len(a), len(b))
	if bytes.Equal(a[:n], b[:n]) {
		return n
	}
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// short is how many bytes a message may quote.
const short = 40

// show quotes what is short, and counts what is not.
func show(b []byte) string {
	switch {
	case len(b) == 0:
		return "nothing"
	case len(b) <= short:
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%d bytes", len(b))
}

// more waits for further bytes, and takes at most so many. The error is why there are none, and c.end
// from then on.
func (c *Client) more(most int) error {
	if c.end != nil {
		return c.end
	}
	buf := make([]byte, min(most, 32<<10))
	c.end = c.server.patient(c.conn.Readable, func(until time.Time) error {
		c.conn.SetReadDeadline(until)
		n, err := c.conn.Read(buf)
		c.unread = append(c.unread, buf[:n]...)
		return err
	})
	return c.end
}

// inMemory returns the client's end of a connection in memory. Without one, the check is left out.
func (c *Client) inMemory() *memnet.Conn {
	t := c.server.check.t
	t.Helper()
	conn, ok := c.conn.(*memnet.Conn)
	if !ok {
		LeaveOut(t, "a connection of package net does not hold the server's calls")
	}
	return conn
}

// HoldRead holds the server's next Read of this client that gets bytes: the server has taken them, and
// learns of it when release is called.
func (c *Client) HoldRead() (release func()) {
	c.server.check.t.Helper()
	barrier := memnet.NewBarrier(2) // for one that comes, and one that never does
	c.inMemory().HoldPeerReads(barrier)
	c.server.check.t.Cleanup(barrier.Open)
	return barrier.Open
}

// ConnectHeld is [Server.Connect] for a client of which the server's Writes do not return before
// [Client.Release]. What they write arrives: so a check can act on what the server has said before the
// server goes on.
func (s *Server) ConnectHeld(name string) *Client {
	t := s.check.t
	t.Helper()
	ln, ok := s.ln.(*memnet.Listener)
	if !ok {
		LeaveOut(t, "a connection of package net does not hold the server's calls")
	}
	return s.connectAs(name, ln, memnet.Dialer{Prepare: (*memnet.Conn).HoldPeerWrites})
}

// ConnectAlike is [Server.Connect] for a client that has the address of another one.
func (s *Server) ConnectAlike(name string, other *Client) *Client {
	t := s.check.t
	t.Helper()
	ln, ok := s.ln.(*memnet.Listener)
	if !ok {
		LeaveOut(t, "two connections of package net do not have one address")
	}
	return s.connectAs(name, ln, memnet.Dialer{From: other.inMemory().LocalAddr().(*net.TCPAddr)})
}

func (s *Server) connectAs(name string, ln *memnet.Listener, d memnet.Dialer) *Client {
	t := s.check.t
	t.Helper()
	conn, err := ln.DialAs(d)
	if err != nil {
		t.Fatalf("%s could not connect: %s", name, (&Client{server: s}).why(err))
	}
	closeInTheEnd(t, conn)
	return &Client{server: s, name: name, conn: conn}
}

// Release lets the held Write return, and those that follow.
func (c *Client) Release() {
	c.server.check.t.Helper()
	c.inMemory().ReleasePeerWrites()
}
