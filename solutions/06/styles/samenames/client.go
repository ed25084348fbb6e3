// Package client, the reference in other words: its function for the keyboard is called watchStdin, and its
// types keyboard, Screen and Conn. The kit has functions and types of these names, too, and must not take one for
// another.
package client

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// ErrServerDown is what Run returns, and prints, when the connection has come to its end.
var ErrServerDown = errors.New("server is down, join later once it is up")

// A Client connects a keyboard and a screen with a chat server.
type Client struct {
	AwayAfter time.Duration // how long nothing is typed before the server is told; 0 means 10 s, negative means never
}

// Run prints each line from conn on out, and sends each line from in to conn, until one of the two or
// ctx ends. It closes conn. When it has returned, only a goroutine that waits in in.Read may be left.
func (c *Client) Run(ctx context.Context, conn net.Conn, in io.Reader, out io.Writer) error {
	typed := make(chan string)   // closed at the end of in
	shown := make(chan string)   // what is to be printed
	ended := make(chan error, 2) // why Run returns; room for both who may know
	over := make(chan struct{})  // closed when it does

	var workers sync.WaitGroup
	defer workers.Wait()
	defer conn.Close() // wakes both of them
	defer close(over)
	workers.Go(func() {
		readLines(&Conn{conn}, shown, over)
		ended <- ErrServerDown
	})
	workers.Go(func() { ended <- c.send(conn, typed, shown, over) })
	go watchStdin(&keyboard{in}, typed, over) // ends with in, or with the next line; nobody can call it back from Read

	screen := &Screen{out}
	for {
		select {
		case line := <-shown:
			fmt.Fprintln(screen, line)
		case err := <-ended:
			if err != nil {
				fmt.Fprintln(screen, err)
			}
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// send sends what is typed, and tells the server when nothing is.
func (c *Client) send(conn net.Conn, typed <-chan string, shown chan<- string, over <-chan struct{}) error {
	after := cmp.Or(c.AwayAfter, 10*time.Second)
	away := time.NewTimer(after)
	defer away.Stop()
	if after < 0 {
		away.Stop()
	}
	for {
		select {
		case text, ok := <-typed:
			if !ok {
				return nil
			}
			if after > 0 {
				away.Reset(after)
			}
			if _, err := io.WriteString(conn, text+"\n"); err != nil {
				return ErrServerDown
			}
			select {
			case shown <- "[You] " + text:
			case <-over:
				return nil
			}
		case <-away.C: // once: only typing sets it again
			if _, err := io.WriteString(conn, "is away\n"); err != nil {
				return ErrServerDown
			}
		case <-over:
			return nil
		}
	}
}

// readLines sends each line of r to lines, without its ending, which is \n or \r\n.
func readLines(r io.Reader, lines chan<- string, over <-chan struct{}) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		select {
		case lines <- s.Text():
		case <-over:
			return
		}
	}
}

// A keyboard, a Conn and a Screen are what they are made of.
type (
	keyboard struct{ in io.Reader }
	Conn     struct{ conn net.Conn }
	Screen   struct{ out io.Writer }
)

func (k *keyboard) Read(p []byte) (int, error) { return k.in.Read(p) }
func (c *Conn) Read(p []byte) (int, error)     { return c.pastEnd(p) }
func (s *Screen) Write(p []byte) (int, error)  { return s.out.Write(p) }

func (c *Conn) pastEnd(p []byte) (int, error) { return c.conn.Read(p) }

// watchStdin closes typed at the end of in.
func watchStdin(in io.Reader, typed chan<- string, over <-chan struct{}) {
	readLines(in, typed, over)
	close(typed)
}
