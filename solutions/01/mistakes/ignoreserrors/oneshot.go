// Package oneshot, a wrong answer: looks at no error at all: read, write, again. When the client
// stops, Read returns 0 bytes and io.EOF each time, and the loop goes round for ever.
//
// Caught by TestServeReturnsHowManyBytesItEchoed: Serve does not return. Caught by
// TestEchoOfNothing for the same reason.
package oneshot

import (
	"errors"
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
		got, _ := conn.Read(buf)
		sent, _ := conn.Write(buf[:got])
		n += int64(sent)
	}
}
