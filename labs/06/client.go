// Package client is lab 06: keyboard and network at once.
//
// A chat client has two sources, and each of them may be silent for as long as it likes. Run below
// has to listen to both. Run
//
//	go test -race ./labs/06/...
//
// to see what is missing. The marks TODO(06a) to TODO(06d) show where the work is, and the handout
// (labs/06/README.md) gives every rule that is checked.
package client

import (
	"context"
	"errors"
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

// Run prints each line that comes from conn on out. It sends each line that comes from in to conn,
// and prints "[You] " and that line. It goes on until one of these happens:
//
//   - in ends: Run returns nil;
//   - conn ends or breaks: Run prints the message of ErrServerDown and returns ErrServerDown;
//   - ctx is done: Run returns ctx.Err().
//
// It closes conn on every way out. When it has returned it uses neither conn nor out any more, and only
// a goroutine that waits in in.Read may be left; that one ends when in does.
//
// TODO(06a): in.Read and conn.Read both wait for as long as nothing comes, and you cannot select on a
// Read. So give each its own goroutine, which sends what it reads to a channel, and select on those.
// TODO(06b): a timer is one more channel to select on. What starts it anew, and what does not?
// TODO(06c): which of your goroutines knows that it is over, how do the others learn of it, and what
// wakes one that waits in Read?
// TODO(06d), bonus: a Write waits, too, while the server does not read.
func (c *Client) Run(ctx context.Context, conn net.Conn, in io.Reader, out io.Writer) error {
	return errors.New("TODO(06a): print what comes from conn, and send what comes from in")
}
