// Package oneshot, a wrong answer: writes the whole buffer back, whatever Read has put into it.
// Behind the client's bytes come zeros, or what an earlier Read has left there.
//
// Caught by TestEchoOfOneByte: 4096 bytes come back instead of one.
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
		_, err := conn.Read(buf)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		sent, err := conn.Write(buf)
		n += int64(sent)
		if err != nil {
			return n, err
		}
	}
}
