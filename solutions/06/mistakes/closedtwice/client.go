// Package client, a wrong answer: whoever comes to an end closes the channel that tells the others.
//
// Caught by TestEndOfInputEndsRun: when the keyboard has ended, the connection ends, too.
package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
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
	typed, received, over := make(chan string), make(chan string), make(chan struct{})
	var left bool // the input has ended: set before over is closed
	go func() {   // ends with in, or with the next line
		readLines(in, typed, over)
		left = true
		close(over)
	}()
	var receiver sync.WaitGroup
	receiver.Go(func() { // ends with conn
		readLines(conn, received, over)
		close(over)
	})
	defer receiver.Wait()
	defer conn.Close()

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
		case text := <-typed:
			if after > 0 {
				away.Reset(after)
			}
			if _, err := fmt.Fprintln(conn, text); err != nil {
				return serverDown(out)
			}
			fmt.Fprintln(out, "[You] "+text)
		case line := <-received:
			fmt.Fprintln(out, line)
		case <-away.C:
			if _, err := fmt.Fprintln(conn, "is away"); err != nil {
				return serverDown(out)
			}
		case <-over:
			if left {
				return nil
			}
			return serverDown(out)
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

// readLines sends each line of r to lines.
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
