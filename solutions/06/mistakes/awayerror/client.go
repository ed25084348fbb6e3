// Package client, a wrong answer: the error of Write is looked at where text is sent, and not where
// "is away" is.
//
// Caught by TestFailedWriteIsServerDown: the client goes on without a server.
package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// ErrServerDown is what Run prints and returns when the connection is over.
var ErrServerDown = errors.New("server is down, join later once it is up")

// A Client connects a keyboard and a screen with a chat server. Set the field before Run.
type Client struct {
	AwayAfter time.Duration // after so long without a typed line the server is told "is away"; 0 means 10 s, negative means never
}

// Run prints each line that comes from conn on out, and sends each line that comes from in to conn.
func (c *Client) Run(ctx context.Context, conn net.Conn, in io.Reader, out io.Writer) error {
	over := make(chan struct{})
	defer close(over)
	defer conn.Close()
	typed, received := make(chan string), make(chan string)
	go readLines(in, typed, over)      // ends with in, or with the next line
	go readLines(conn, received, over) // ends with conn

	after := c.AwayAfter
	if after == 0 {
		after = 10 * time.Second
	}
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
			if _, err := fmt.Fprintln(conn, text); err != nil {
				return serverDown(out)
			}
			fmt.Fprintln(out, "[You] "+text)
		case line, ok := <-received:
			if !ok {
				return serverDown(out)
			}
			fmt.Fprintln(out, line)
		case <-away.C:
			fmt.Fprintln(conn, "is away")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// serverDown tells the user.
func serverDown(out io.Writer) error {
	fmt.Fprintln(out, ErrServerDown)
	return ErrServerDown
}

// readLines sends each line of r to lines, and closes lines behind the last one.
func readLines(r io.Reader, lines chan<- string, over <-chan struct{}) {
	defer close(lines)
	s := bufio.NewScanner(r)
	for s.Scan() {
		select {
		case lines <- s.Text():
		case <-over:
			return
		}
	}
}
