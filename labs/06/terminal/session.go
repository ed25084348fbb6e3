package terminal

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"lockstep/harness/memnet"
	"lockstep/harness/stacks"
	"lockstep/harness/steer"
)

// A Session is a program that runs, with the other ends of all that it has, and a journal of what it does. A [Console] has methods that require
// something of it; whoever uses a Session looks himself.
type Session struct {
	Keys   *memnet.Conn // what is written here can be read from in
	Server *memnet.Conn // the server's end of conn
	Done   chan error   // what the program has returned

	conn    *recordedConn
	in      *memnet.Conn
	screen  *Screen
	journal *journal
}

// SessionOptions are what is special about a session.
type SessionOptions struct {
	Buffer int  // bytes that conn holds each way before Write blocks; 0 means a MiB
	Joined bool // the last bytes of in come together with its end, as an io.Reader may have it
	Lost   bool // a connection that breaks does so because nothing was heard of the server for long
}

// Begin runs a program.
func Begin(ctx context.Context, o SessionOptions, run Program) *Session {
	s := &Session{screen: newScreen(), journal: newJournal(), Done: make(chan error, 1)}
	s.Keys, s.in = memnet.Pipe(roomy)
	buffer := o.Buffer
	if buffer == 0 {
		buffer = roomy
	}
	server, conn := memnet.Pipe(buffer)
	s.Server, s.conn = server, &recordedConn{Conn: conn}
	go func() { // ends with the program
		err := run(ctx, hide{&journaled{s.conn, s.journal, o.Lost}}, &typing{s.in, s.journal, o.Joined}, &printing{s.screen, s.journal})
		s.journal.returned(s.conn.wasClosed())
		s.Done <- err
	}()
	return s
}

// Calls returns what the program has called, and how it has returned, if it has.
func (s *Session) Calls() (calls []Call, how Return, back bool) { return s.journal.read() }

// HoldScreen makes the program wait when it prints: the text is on the screen, and Write does not return.
func (s *Session) HoldScreen() { s.screen.hold() }

// ReleaseScreen lets Write return as ever.
func (s *Session) ReleaseScreen() { s.screen.release() }

// Overlapped tells whether Write of out was called while another call of it had not returned.
func (s *Session) Overlapped() bool { return s.screen.overlapped() }

// FailWrites makes the program's Writes to its connection fail from now on, while its Reads wait.
func (s *Session) FailWrites() { s.conn.failWrites() }

// Looks returns how often the program called Read on its connection or set a deadline on it.
func (s *Session) Looks() int { return s.conn.looked() }

// Unheard returns how many bytes of the server, and Untyped how many of the keyboard, the program could read and has not.
func (s *Session) Unheard() int { return s.conn.Buffered() }
func (s *Session) Untyped() int { return s.in.Buffered() }

// Keyboard is where a goroutine may wait that nobody can call back.
var Keyboard = (*typing).Read

// typing is in.
type typing struct {
	conn    *memnet.Conn
	journal *journal
	joined  bool
}

func init() { stacks.Means((*typing).Read, "waits for somebody to type") }

func (t *typing) Read(p []byte) (int, error) {
	call := t.journal.begin(Types, nil)
	n, err := t.conn.Read(p)
	if t.joined && err == nil && n > 0 && t.conn.Buffered() == 0 && t.conn.Readable() {
		err = io.EOF
	}
	t.journal.end(call, p[:n:n], n, outcome(err))
	return n, err
}

// journaled is conn.
type journaled struct {
	*recordedConn
	journal *journal
	lost    bool
}

func (c *journaled) Read(p []byte) (int, error) {
	call := c.journal.begin(Hears, nil)
	n, err := c.recordedConn.Read(p)
	err = c.why("read", err)
	c.journal.end(call, p[:n:n], n, outcome(err))
	return n, err
}

func (c *journaled) Write(p []byte) (int, error) {
	call := c.journal.begin(Sends, p)
	n, err := c.recordedConn.Write(p)
	err = c.why("write", err)
	c.journal.end(call, nil, n, outcome(err))
	return n, err
}

// why says that nothing was heard of the server, if that is so. Such an error calls itself a timeout, and is none of a deadline.
func (c *journaled) why(op string, err error) error {
	if !c.lost || !errors.Is(err, syscall.ECONNRESET) {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, syscall.ETIMEDOUT)}
}

// printing is out.
type printing struct {
	screen  *Screen
	journal *journal
}

func (o *printing) Write(p []byte) (int, error) {
	call := o.journal.begin(Prints, p)
	steer.Point(steer.Writes, 0, 0) // a screen takes its time
	n, err := o.screen.Write(p)
	o.journal.end(call, nil, n, outcome(err))
	return n, err
}
