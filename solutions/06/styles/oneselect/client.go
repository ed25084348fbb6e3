// Package client, another right answer: one loop with one select, as the lecture has it. What is to
// be sent waits in a queue, and the case that sends is in the select only while there is something:
// the channel of the others is nil, and nil is never ready.
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
	done := make(chan struct{})
	var others sync.WaitGroup // all but the one that nobody can call back
	defer others.Wait()
	defer conn.Close()
	defer close(done)
	typed, received := make(chan string, 16), make(chan string, 16)
	toSend, sent := make(chan string), make(chan error, 1)
	go scan(in, typed, done)
	others.Go(func() { scan(conn, received, done) })
	others.Go(func() { sent <- deliver(conn, toSend, done) })

	var away <-chan time.Time
	restart := func() {
		switch {
		case c.AwayAfter == 0:
			away = time.After(10 * time.Second)
		case c.AwayAfter > 0:
			away = time.After(c.AwayAfter)
		}
	}
	restart()

	outgoing := toSend // nil when no more will follow
	var queue []string
	for {
		var next string
		var ready chan<- string
		if len(queue) > 0 {
			next, ready = queue[0], outgoing
		} else if typed == nil && outgoing != nil { // all is on its way
			close(outgoing)
			outgoing = nil
		}
		select {
		case text, ok := <-typed:
			if !ok {
				typed = nil
				continue
			}
			fmt.Fprintf(out, "[You] %s\n", text)
			queue = append(queue, text)
			restart()
		case line, ok := <-received:
			if !ok {
				return down(out)
			}
			fmt.Fprintf(out, "%s\n", line)
		case ready <- next:
			queue = queue[1:]
		case <-away:
			away = nil
			queue = append(queue, "is away")
		case err := <-sent:
			if err != nil {
				return down(out)
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func down(out io.Writer) error {
	fmt.Fprintln(out, ErrServerDown)
	return fmt.Errorf("client: %w", ErrServerDown)
}

func deliver(conn net.Conn, lines <-chan string, done <-chan struct{}) error {
	w := bufio.NewWriter(conn)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			w.WriteString(line)
			w.WriteByte('\n')
			if err := w.Flush(); err != nil {
				return err
			}
		case <-done:
			return nil
		}
	}
}

func scan(r io.Reader, lines chan<- string, done <-chan struct{}) {
	defer close(lines)
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadString('\n')
		if err != nil {
			return
		}
		select {
		case lines <- strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"):
		case <-done:
			return
		}
	}
}
