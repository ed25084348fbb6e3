// Package oneshot, a wrong answer: returns 0 together with an error, out of habit. The bytes have
// been echoed all the same.
//
// Caught by TestResetIsAnError: five bytes were echoed, and Serve returns 0.
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
	defer conn.Close()
	ln.Close()

	buf := make([]byte, 4096)
	for {
		got, err := conn.Read(buf)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		sent, err := conn.Write(buf[:got])
		n += int64(sent)
		if err != nil {
			return 0, err
		}
	}
}
