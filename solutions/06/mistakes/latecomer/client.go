// Package client, a wrong answer: the keyboard's goroutine sends and prints by itself, and does not
// know that Run has returned.
//
// Caught by TestNothingIsLeftBehind: the next line that is typed is printed by a client that is
// gone.
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
	defer conn.Close()
	ended := make(chan error, 3)
	var mu sync.Mutex // for out
	print := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, line)
	}
	send := func(line string) {
		if _, err := fmt.Fprintln(conn, line); err != nil {
			select {
			case ended <- ErrServerDown:
			default:
			}
		}
	}
	after := c.AwayAfter
	if after == 0 {
		after = 10 * time.Second
	}
	away := time.AfterFunc(max(after, 0), func() { send("is away") })
	defer away.Stop()
	if after < 0 {
		away.Stop()
	}

	go func() { // ends with in
		s := bufio.NewScanner(in)
		for s.Scan() {
			if after > 0 {
				away.Reset(after)
			}
			send(s.Text())
			print("[You] " + s.Text())
		}
		ended <- nil
	}()
	go func() { // ends with conn
		s := bufio.NewScanner(conn)
		for s.Scan() {
			print(s.Text())
		}
		ended <- ErrServerDown
	}()

	select {
	case err := <-ended:
		if err != nil {
			print(err.Error())
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
