// Package oneshot, a wrong answer: returns the error of Accept in any case, also when it only says
// that the listener was closed, which is how a server is told to end.
//
// Caught by TestListenerClosedBeforeAClientCame: Serve returns an error.
package oneshot

import (
	"io"
	"net"
)

// Serve accepts one client on ln, echoes every byte until the client stops sending, and returns how
// many bytes it echoed. It closes ln once the client is in: later clients are refused.
func Serve(ln net.Listener) (n int64, err error) {
	conn, err := ln.Accept()
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
			return n, err
		}
		sent, err := conn.Write(buf[:got])
		n += int64(sent)
		if err != nil {
			return n, err
		}
	}
}
