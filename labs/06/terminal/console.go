// Package terminal, beside the student's code, is the keyboard and the screen of the client of lab 06, and the server that it talks to.
//
//	labtest.Virtual(t, func(t *testing.T) {
//		console, server := terminal.Start(t, c.Run)
//		console.Type("hello")
//		server.Gets("hello")
//		console.Shows("[You] hello")
//	})
package terminal

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"lockstep/harness/labtest"
	"lockstep/harness/memnet"
	"lockstep/harness/stacks"
)

// A Program is a client as students write it: it talks to the server behind conn, for somebody who
// types what can be read from in and reads what is written to out.
type Program func(ctx context.Context, conn net.Conn, in io.Reader, out io.Writer) error

// A Console is the keyboard and the screen of a student's program that runs in this process. Its
// methods fail the test when the program does not do what they require, and say what it did instead.
//
// Each method begins when the program has nothing left to do before somebody acts. So all that it does
// without a pause of its own has been done by then, and nothing is under way.
type Console struct {
	t        *testing.T
	check    labtest.Observer
	keys     *memnet.Conn // what is written here can be read from in
	screen   *Screen
	read     int // bytes of the screen that were asked for
	conn     *recordedConn
	cancel   context.CancelFunc
	returned chan error // what the program returned
	ended    bool       // that was received
	err      error      // and this is it
}

// Start runs the program, and returns its console and the server's end of its connection. Within
// [labtest.Virtual] it runs in the bubble. When the test is over, all that can end a program has happened, and it
// must have returned.
func Start(t *testing.T, run Program) (*Console, *Peer) {
	t.Helper()
	return StartWith(t, ConnOptions{}, run)
}

// ConnOptions are what is special about the connection of a program.
type ConnOptions struct {
	Buffer  int  // bytes that it holds each way before Write blocks; 0 means a MiB
	Stalled bool // the server reads nothing before [Peer.Resume]
}

// StartWith is Start with a connection that is special.
func StartWith(t *testing.T, o ConnOptions, run Program) (*Console, *Peer) {
	t.Helper()
	check := labtest.CheckClient(t)
	buffer := o.Buffer
	if buffer == 0 {
		buffer = roomy
	}
	keys, in := memnet.Pipe(roomy)
	server, conn := memnet.Pipe(buffer)
	ctx, cancel := context.WithCancel(context.Background())
	c := &Console{t: t, check: check, keys: keys, screen: newScreen(), conn: &recordedConn{Conn: conn}, cancel: cancel, returned: make(chan error, 1)}
	p := newPeer(c, server)
	if !o.Stalled {
		p.Resume()
	}
	go c.run(ctx, run, &keyboard{in}) // ends with the program
	t.Cleanup(func() {
		t.Helper()
		c.finish(p)
	})
	return c, p
}

// roomy is how much may be sent before anybody reads, unless the check asks for less.
const roomy = 1 << 20

func (c *Console) run(ctx context.Context, run Program, in io.Reader) {
	err := run(ctx, hide{c.conn}, in, c.screen)
	c.screen.end()
	c.returned <- err
}

// finish makes all happen that can end a program.
func (c *Console) finish(p *Peer) {
	c.t.Helper()
	c.screen.release()
	c.cancel()
	c.keys.Close()
	p.conn.Close()
	p.Resume() // which ends at once, if nothing was read before
	c.settle()
	if !c.t.Failed() && !c.over() {
		c.t.Errorf("Run has not returned, although ctx is done, the input has ended, and the server is gone\n%s", c.check.Stuck())
	}
}

// A keyboard is what in is: the program can read from it, and nothing else.
type keyboard struct{ conn *memnet.Conn }

func init() { stacks.Means((*keyboard).Read, "waits for somebody to type") }

func (k *keyboard) Read(p []byte) (int, error) { return k.conn.Read(p) }

// Type types a line.
func (c *Console) Type(line string) {
	c.t.Helper()
	c.Keys(line + "\n")
}

// Keys types text, which need not end with a line.
func (c *Console) Keys(text string) {
	c.t.Helper()
	c.settle()
	io.WriteString(c.keys, text)
}

// End ends the input, as Ctrl-D does.
func (c *Console) End() {
	c.t.Helper()
	c.settle()
	c.keys.CloseWrite()
}

// Cancel makes the program's ctx done.
func (c *Console) Cancel() {
	c.t.Helper()
	c.settle()
	c.cancel()
}

// HoldScreen makes the program wait when it prints: the text is on the screen, and Write does not return.
func (c *Console) HoldScreen() {
	c.t.Helper()
	c.settle()
	c.screen.hold()
}

// ReleaseScreen lets Write return as ever.
func (c *Console) ReleaseScreen() {
	c.t.Helper()
	c.settle()
	c.screen.release()
}

// Overlapped tells whether Write was called while another call of it had not returned.
func (c *Console) Overlapped() bool {
	c.t.Helper()
	c.settle()
	return c.screen.overlapped()
}

// Torn returns the first line that was not written with one call of Write, as far as that call went; ""
// if there was none.
func (c *Console) Torn() string {
	c.t.Helper()
	c.settle()
	text := string(c.screen.read(0)[:c.screen.firstTorn()])
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// Lines returns what was printed since the last call of it or of Shows.
func (c *Console) Lines() []string {
	c.t.Helper()
	c.settle()
	data := c.screen.read(c.read)
	c.read += len(data)
	return split(string(data))
}

// Shows requires that these lines were printed since it was last asked, in this order, and no others.
func (c *Console) Shows(want ...string) {
	c.t.Helper()
	if got := c.Lines(); !equal(got, want) {
		c.t.Fatalf("%s%s", compared("the screen should show %s\nand shows       %s", want, got), c.why(len(got) < len(want)))
	}
}

// Returns requires that the program has returned, and returns its error.
func (c *Console) Returns(why string) error {
	c.t.Helper()
	if !c.over() {
		c.t.Fatalf("Run should have returned: %s\n%s", why, c.check.Stuck())
	}
	return c.err
}

// Runs requires that the program has not returned.
func (c *Console) Runs() {
	c.t.Helper()
	if c.over() {
		c.t.Fatalf("Run returned too early, with %s", c.outcome())
	}
}

// StaysOut requires that a program which has returned has not printed since then.
func (c *Console) StaysOut() {
	c.t.Helper()
	c.settle()
	if late := split(string(c.screen.read(c.screen.returned()))); len(late) > 0 {
		c.t.Fatalf("%q was printed after Run had returned: out is no longer for it to use", late[0])
	}
}

// Closed requires that the program has closed its connection.
func (c *Console) Closed() {
	c.t.Helper()
	c.settle()
	if !c.conn.wasClosed() {
		c.t.Fatal("Run has returned, and conn is still open: close it on every way out")
	}
}

// FailWrites makes the program's Writes to its connection fail from now on, while its Reads wait.
func (c *Console) FailWrites() {
	c.t.Helper()
	c.settle()
	c.conn.failWrites()
}

// Looks returns how often the program called Read on its connection or set a deadline on it.
func (c *Console) Looks() int {
	c.t.Helper()
	c.settle()
	return c.conn.looked()
}

// settle returns when the program has nothing left to do before somebody acts.
func (c *Console) settle() {
	c.t.Helper()
	c.check.Settle()
}

func (c *Console) over() bool {
	c.t.Helper()
	c.settle()
	select {
	case c.err = <-c.returned:
		c.ended = true
	default:
	}
	return c.ended
}

func (c *Console) outcome() string {
	if c.err == nil {
		return "nil"
	}
	return fmt.Sprintf("the error %q", c.err)
}

// why says what the program does instead, if something is missing.
func (c *Console) why(missing bool) string {
	c.t.Helper()
	switch {
	case c.over():
		return "\nRun has returned, with " + c.outcome()
	case missing:
		return "\n" + c.check.Stuck()
	}
	return ""
}

// split divides text into lines. What does not end like a line is marked.
func split(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		whole, ok := strings.CutSuffix(line, "\n")
		if !ok {
			whole += " (and no line ending)"
		}
		all = append(all, whole)
	}
	return all
}

func equal(a, b []string) bool {
	return strings.Join(a, "\n") == strings.Join(b, "\n") && len(a) == len(b)
}

// compared fills two lists of lines into a message. Of long ones it shows where they begin to differ.
func compared(message string, want, got []string) string {
	same := 0
	for same < min(len(want), len(got)) && want[same] == got[same] {
		same++
	}
	const most = 6 // lines
	if max(len(want), len(got)) <= most || same == 0 {
		return fmt.Sprintf(message, quoted(want), quoted(got))
	}
	counted := func(lines []string) string {
		next := "missing"
		if same < len(lines) {
			next = quoted(lines[same : same+1])
		}
		return fmt.Sprintf("%d in all: number %d is %s", len(lines), same+1, next)
	}
	return fmt.Sprintf(message, counted(want), counted(got))
}

// short is how many bytes of a line a message quotes at least.
const short = 40

// quoted makes a list of lines, for a message.
func quoted(lines []string) string {
	if len(lines) == 0 {
		return "nothing"
	}
	var all []string
	for i, line := range lines {
		if i == 6 {
			all = append(all, fmt.Sprintf("and %d further lines", len(lines)-i))
			break
		}
		if len(line) > 2*short {
			line = fmt.Sprintf("%s... (%d bytes)", line[:short], len(line))
		}
		all = append(all, fmt.Sprintf("%q", line))
	}
	return strings.Join(all, ", ")
}
