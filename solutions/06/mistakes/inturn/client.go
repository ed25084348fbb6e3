// Package client, a wrong answer: keyboard, server, keyboard, server: each line typed is followed
// by waiting for one from the server.
//
// Caught by TestNeitherSideWaitsForTheOther: nothing is printed before something is typed.
//
// Caught by TestByHand: the same in a room.
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
	defer conn.Close()
	typed, received := bufio.NewScanner(in), bufio.NewScanner(conn)
	for ctx.Err() == nil {
		if !typed.Scan() {
			return nil
		}
		if _, err := fmt.Fprintln(conn, typed.Text()); err != nil {
			return serverDown(out)
		}
		fmt.Fprintln(out, "[You] "+typed.Text())
		if !received.Scan() {
			return serverDown(out)
		}
		fmt.Fprintln(out, received.Text())
	}
	return ctx.Err()
}

// serverDown tells the user.
func serverDown(out io.Writer) error {
	fmt.Fprintln(out, ErrServerDown)
	return ErrServerDown
}
