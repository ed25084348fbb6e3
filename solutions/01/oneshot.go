// Package oneshot is the reference of lab 01: the server that serves once.
package oneshot

import (
	"errors"
	"io"
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
	conn, err := ln.Accept()
	if errors.Is(err, net.ErrClosed) {
		return 0, nil // nobody came, and nobody will
	}
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	ln.Close() // the client has a socket of its own, which this does not touch

	return io.Copy(conn, conn) // for which io.EOF is the end, not an error
}
