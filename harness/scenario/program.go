package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/lab"
	"lockstep/harness/memnet"
	"lockstep/harness/stacks"
)

// A Program is a client as students write it: it talks to the server behind conn, for somebody who
// types what can be read from in and reads what is written to out. args are those of the story.
type Program func(ctx context.Context, args []string, conn net.Conn, in io.Reader, out io.Writer) error

// A console is a program that runs in this process. To the story it is a connection like others: what
// is written there is typed, and what can be read there is on the screen.
type console struct {
	net.Conn // the program's, to the server

	keys   *memnet.Conn
	screen *io.PipeReader
	cancel context.CancelFunc
	over   chan struct{} // closed when the program has returned
	err    error         // what it returned; set before over is closed
}

// launch starts a program that is connected to addr.
func launch(program Program, args []string, addr string) (*console, error) {
	conn, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		return nil, err
	}
	keys, in := memnet.Pipe(1 << 20)
	screen, out := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	c := &console{Conn: conn, keys: keys, screen: screen, cancel: cancel, over: make(chan struct{})}
	go func() { // ends with the program
		c.err = program(ctx, args, conn, in, out)
		close(c.over)
		out.Close()
	}()
	return c, nil
}

func (c *console) Read(b []byte) (int, error)  { return c.screen.Read(b) }
func (c *console) Write(b []byte) (int, error) { return c.keys.Write(b) }

// CloseWrite ends the program's input.
func (c *console) CloseWrite() error { return c.keys.CloseWrite() }

// Close makes all happen that can end the program.
func (c *console) Close() error {
	c.keys.Close()
	c.cancel()
	return c.Conn.Close()
}

// SetWriteDeadline leaves the program's connection alone. Typing does not wait.
func (c *console) SetWriteDeadline(time.Time) error { return nil }

// returned waits for the program, and tells how it ended.
func (c *console) returned() error {
	<-c.over
	return &returnedError{c.err}
}

// A returnedError is what is found behind the last line of a program.
type returnedError struct{ err error }

func (e *returnedError) Error() string {
	if e.err == nil {
		return "Run has returned, with nil"
	}
	return fmt.Sprintf("Run has returned, with the error %q", e.err)
}

func (e *returnedError) Is(target error) bool { return target == errEnded }

func (p *play) run(step *Step, args []string) error {
	if len(args) < 1 || p.server == nil || p.server.unordered || p.program == nil {
		return usage("run CLIENT [ARG...], after serve, where students write the client")
	}
	name := args[0]
	step.Client = name
	if old := p.clients[name]; old != nil {
		if err := p.closed(step, old); err != nil {
			return err
		}
	}
	conn, err := launch(p.program, args[1:], p.server.addr)
	if err != nil {
		return err
	}
	p.clients[name] = newClient(name, conn)
	p.addrs[name] = conn.LocalAddr().String()
	return nil
}

func (p *play) down(_ *Step, args []string) error {
	if len(args) > 0 || p.server == nil {
		return usage("down, after serve")
	}
	if last := p.server.stop(); !last.Served {
		return errors.New("the server did not go down")
	}
	return nil
}

// stalled tells whether nothing moves any more, neither in the server nor in a program.
func (p *play) stalled() bool {
	busy := func(g stacks.Goroutine) bool { return slices.ContainsFunc(g.Frames, lab.Owns) }
	return p.server.stalled() && !slices.ContainsFunc(await.Busy(), busy)
}

// programs says what the goroutines of the programs do.
func programs() string {
	var lines []string
	for _, g := range stacks.All() {
		if at := where(g); at != "" {
			lines = append(lines, "\n  a goroutine of the client "+g.Doing()+","+at)
		}
	}
	slices.Sort(lines) // a dump is in no order that means anything
	text := ""
	for _, line := range lines {
		text += line
	}
	return text
}
