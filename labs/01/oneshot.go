// Package oneshot is lab 01: the server that serves once.
//
// One client may come, and whatever it sends goes back to it. Then the server has done its work and
// ends. The marks TODO(01a) to TODO(01c) show where the work is, and the handout (labs/01/README.md)
// gives every rule that is checked:
//
//	go test -race ./labs/01/...
package oneshot

import (
	"errors"
	"net"
)

// Serve accepts one client on ln, echoes every byte until the client stops sending, and returns how
// many bytes it echoed. It closes ln once the client is in: later clients are refused.
//
// A client that stops sending ends the work without an error. A connection that breaks ends it with
// the error, and n is what had been echoed until then. If ln is closed before a client came, Serve
// returns 0 and nil; any other error of Accept it returns. In each case the client's connection is
// closed, and no goroutine is left.
func Serve(ln net.Listener) (n int64, err error) {
	// TODO(01a): accept the client; then read what it has sent, write that back, and count it, again
	// and again, until there is nothing more to read.
	// TODO(01b): one client, not two: close the listener in time, and the connection in the end.
	// TODO(01c): look at every error. Which one is no error at all?
	return 0, errors.New("TODO(01a): accept one client and echo what it sends")
}
