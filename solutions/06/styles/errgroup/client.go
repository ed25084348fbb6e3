// Package client, another right answer: an errgroup. Whoever comes to an end returns an error, which
// cancels the context of the others, and with it the connection. Away is a deadline: the time by which a
// context expects the next line.
package client

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// ErrServerDown is what Run returns, and prints, when the connection has come to its end.
var ErrServerDown = errors.New("server is down, join later once it is up")

// errLeft is how the keyboard ends.
var errLeft = errors.New("the user has left")

// A Client connects a keyboard and a screen with a chat server.
type Client struct {
	AwayAfter time.Duration // how long nothing is typed before the server is told; 0 means 10 s, negative means never
}

// Run prints each line from conn on out, and sends each line from in to conn, until one of the two or
// ctx ends. It closes conn.
func (c *Client) Run(parent context.Context, conn net.Conn, in io.Reader, out io.Writer) error {
	group, ctx := errgroup.WithContext(parent)
	screen := &lines{w: out}
	typed := make(chan string)
	go read(ctx, in, typed) // not in the group: nobody can wait for it

	group.Go(func() error { // ends with the others, and wakes them
		<-ctx.Done()
		conn.Close()
		return nil
	})
	group.Go(func() error {
		received := make(chan string)
		go read(ctx, conn, received)
		for line := range received {
			screen.write(line)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return ErrServerDown
	})
	group.Go(func() error {
		server := &lines{w: conn}
		for {
			text, err := c.next(ctx, typed, server)
			if err != nil {
				return err
			}
			if err := server.write(text); err != nil {
				return ErrServerDown
			}
			screen.write("[You] " + text)
		}
	})
	err := group.Wait()
	switch {
	case parent.Err() != nil:
		return parent.Err()
	case err == errLeft:
		return nil
	case err == ErrServerDown:
		screen.write(err.Error())
	}
	return err
}

// next waits for the next line that is typed, and tells the server when that takes too long.
func (c *Client) next(ctx context.Context, typed <-chan string, server *lines) (string, error) {
	patience := c.AwayAfter
	if patience == 0 {
		patience = 10 * time.Second
	}
	here, cancel := context.WithCancel(ctx)
	if patience > 0 {
		here, cancel = context.WithTimeout(ctx, patience)
	}
	defer cancel()
	for away := here.Done(); ; {
		select {
		case text, ok := <-typed:
			if !ok {
				return "", errLeft
			}
			return text, nil
		case <-away:
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			if server.write("is away") != nil {
				return "", ErrServerDown
			}
			away = ctx.Done() // from here on the user may take all the time there is
		}
	}
}

// lines writes lines, one at a time.
type lines struct {
	mu sync.Mutex
	w  io.Writer // guarded by mu
}

func (l *lines) write(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.w, line+"\n")
	return err
}

// read hands on what comes from r, line by line, and closes ch behind the last one.
func read(ctx context.Context, r io.Reader, ch chan<- string) {
	defer close(ch)
	s := bufio.NewScanner(r)
	for s.Scan() {
		select {
		case ch <- s.Text():
		case <-ctx.Done():
			return
		}
	}
}
