// Package client, another right answer: no channel of lines and no select over them. Each goroutine
// does all that its source asks for, the screen and the end are under one lock, and a timer of
// time.AfterFunc tells the server that the user is away.
package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
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
// ctx ends. It closes conn.
func (c *Client) Run(ctx context.Context, conn net.Conn, in io.Reader, out io.Writer) error {
	s := &session{conn: conn, out: out, over: make(chan struct{})}
	switch {
	case c.AwayAfter == 0:
		s.after = 10 * time.Second
	case c.AwayAfter > 0:
		s.after = c.AwayAfter
	}
	s.typed() // from now on it counts
	var receiver sync.WaitGroup
	receiver.Go(s.receive) // ends with conn
	go s.keyboard(in)      // ends with in, or with the next line

	select {
	case <-s.over:
	case <-ctx.Done():
		s.end(ctx.Err())
	}
	conn.Close()
	receiver.Wait()
	s.sending.Wait()
	return s.err
}

// A session is one Run.
type session struct {
	conn  net.Conn
	after time.Duration // 0 means never
	over  chan struct{} // closed by end

	sending sync.WaitGroup // grows only before the end

	mu    sync.Mutex // guards the fields below, and Writes to out
	out   io.Writer
	away  *time.Timer
	ended bool
	err   error // what Run returns
}

// end ends the session for this reason, unless it has ended already.
func (s *session) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.err = true, err
	if err == ErrServerDown {
		fmt.Fprintln(s.out, err)
	}
	if s.away != nil {
		s.away.Stop()
	}
	close(s.over)
}

func (s *session) print(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		fmt.Fprintln(s.out, line)
	}
}

// typed starts the time anew after which the user is away.
func (s *session) typed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended || s.after == 0:
	case s.away == nil:
		s.away = time.AfterFunc(s.after, func() { s.send("is away") })
	default:
		s.away.Reset(s.after)
	}
}

// send is nothing that an ended session does: once Run has closed conn, it waits for those that are under way.
func (s *session) send(line string) {
	s.mu.Lock()
	ended := s.ended
	if !ended {
		s.sending.Add(1)
	}
	s.mu.Unlock()
	if ended {
		return
	}
	defer s.sending.Done()
	if _, err := s.conn.Write([]byte(line + "\n")); err != nil {
		s.end(ErrServerDown)
	}
}

func (s *session) receive() {
	each(s.conn, s.print) // to the end, whatever ended it
	s.end(ErrServerDown)
}

func (s *session) keyboard(in io.Reader) {
	err := each(in, func(line string) {
		s.typed()
		s.send(line)
		s.print("[You] " + line)
	})
	if err == io.EOF {
		err = nil
	}
	s.end(err)
}

// each calls f with each line of r, and returns how r ended.
func each(r io.Reader, f func(line string)) error {
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadString('\n')
		if err != nil {
			return err
		}
		f(strings.TrimRight(line, "\r\n"))
	}
}
