// Package oneshot, a wrong answer: tries again when Accept fails, whatever the error is. A listener
// that was closed will never accept anybody, and the loop goes round for ever.
//
// Caught by TestListenerClosedBeforeAClientCame: Serve does not return. Caught by
// TestAcceptErrorIsReturned: nobody hears of the error.
package oneshot

import (
	"io"
	"net"
)

// Serve accepts one client on ln, echoes every byte until the client stops sending, and returns how
// many bytes it echoed. It closes ln once the client is in: later clients are refused.
func Serve(ln net.Listener) (n int64, err error) {
	conn, err := ln.Accept()
	for err != nil {
		conn, err = ln.Accept()
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
