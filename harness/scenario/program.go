package scenario

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"

	"lockstep/harness/await"
	"lockstep/harness/lab"
	"lockstep/harness/memnet"
	"lockstep/harness/stacks"
)

// A Program is a client as students write it: it talks to the server behind conn, for somebody who
// types what can be read from in and reads what is written to out. args are those of the script.
type Program func(ctx context.Context, args []string, conn net.Conn, in io.Reader, out io.Writer) error

// A console is where a program runs, in this process: what is written there is typed, and what can be read there is on the screen.
type console struct {
	conn   net.Conn // the program's, to the server
	keys   *memnet.Conn
	screen *io.PipeReader
	cancel context.CancelFunc
	done   chan struct{} // closed when the program has returned
	err    error         // what it returned; set before done is closed
}

// launch starts a program that is connected to addr.
func launch(program Program, args []string, addr string) (*console, error) {
	conn, err := net.DialTimeout("tcp", addr, await.Limit)
	if err != nil {
		return nil, err
	}
	keys, in := memnet.Pipe(1 << 20)
	screen, out := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	c := &console{conn: conn, keys: keys, screen: screen, cancel: cancel, done: make(chan struct{})}
	go func() { // ends with the program
		c.err = program(ctx, args, conn, in, out)
		close(c.done)
		out.Close()
	}()
	return c, nil
}

func (c *console) Read(b []byte) (int, error)  { return c.screen.Read(b) }
func (c *console) Write(b []byte) (int, error) { return c.keys.Write(b) } // typing does not wait

// CloseWrite ends the program's input.
func (c *console) CloseWrite() error { return c.keys.CloseWrite() }

// Close makes all happen that can end the program.
func (c *console) Close() error {
	c.keys.Close()
	c.cancel()
	return c.conn.Close()
}

func (c *console) addr() string { return c.conn.LocalAddr().String() }

func (c *console) reset() error { return errNoClient }

// ending waits for the program.
func (c *console) ending(error) error {
	<-c.done
	return &returnedError{c.err}
}

// over ends the program's input, and so the program.
func (c *console) over() bool {
	c.CloseWrite()
	return true
}

func (c *console) awaits() string { return "Run to return" }

func (c *console) stays(name string) string {
	return "the input of " + name + " has ended, and Run has not returned"
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

// programRests tells whether nothing moves in the programs of this process.
func programRests() bool {
	busy := func(g stacks.Goroutine) bool { return slices.ContainsFunc(g.Frames, lab.Owns) }
	return !slices.ContainsFunc(await.Busy(), busy)
}
