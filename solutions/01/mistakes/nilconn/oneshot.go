// Package oneshot, a wrong answer: does not look at the error of Accept. There is no connection
// then, and the program crashes in the next line.
//
// Caught by TestListenerClosedBeforeAClientCame: a nil pointer.
package oneshot

import (
	"io"
	"net"
)

// Serve accepts one client on ln, echoes every byte until the client stops sending, and returns how
// many bytes it echoed. It closes ln once the client is in: later clients are refused.
func Serve(ln net.Listener) (n int64, err error) {
	conn, _ := ln.Accept()
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
