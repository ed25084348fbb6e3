// Package oneshot, a wrong answer: takes every error of Accept for the end. A server that could not
// accept anybody says that all is well.
//
// Caught by TestAcceptErrorIsReturned: Serve returns nil.
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
		return 0, nil
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
