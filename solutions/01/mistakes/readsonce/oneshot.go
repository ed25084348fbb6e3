// Package oneshot, a wrong answer: one Read, one Write, done. It works for "hello", since that came
// in one piece. A Read gives what is there, and at most what fits into the buffer.
//
// Caught by TestEchoOfAMebibyte: the first 4096 bytes come back, and then the connection ends.
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
	got, err := conn.Read(buf)
	if err == io.EOF {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	sent, err := conn.Write(buf[:got])
	return int64(sent), err
}
