// Package oneshot, a wrong answer: serves the client in a goroutine and returns. The program ends,
// and the client with it.
//
// Caught by TestServeReturnsHowManyBytesItEchoed: Serve returns 0 while the client is still there.
package oneshot

import (
	"errors"
	"io"
	"net"
)

// Serve accepts one client on ln, echoes every byte until the client stops sending, and returns how
// many bytes it echoed. It closes ln once the client is in: later clients are refused.
func Serve(ln net.Listener) (n int64, err error) {
	conn, err := ln.Accept()
	if errors.Is(err, net.ErrClosed) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	ln.Close()

	go func() {
		defer conn.Close()
		io.Copy(conn, conn)
	}()
	return n, nil
}
