// Package oneshot, a wrong answer: does not look at what Write returns. The client is gone, and the
// server goes on as if it had got everything.
//
// Caught by TestClientThatLeavesWithoutItsEchoIsAnError: Serve returns nil.
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
			return n, err
		}
		conn.Write(buf[:got])
		n += int64(got)
	}
}
