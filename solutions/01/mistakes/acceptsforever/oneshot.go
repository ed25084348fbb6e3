// Package oneshot, a wrong answer: serves one client after the other, and does not end. That is the
// next lab.
//
// Caught by TestSecondClientIsRefused: a second client can connect. Caught by TestByHand for the
// same reason.
package oneshot

import (
	"errors"
	"io"
	"net"
)

// Serve accepts one client on ln, echoes every byte until the client stops sending, and returns how
// many bytes it echoed. It closes ln once the client is in: later clients are refused.
func Serve(ln net.Listener) (n int64, err error) {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		served, err := io.Copy(conn, conn)
		conn.Close()
		n += served
		if err != nil {
			return n, err
		}
	}
}
