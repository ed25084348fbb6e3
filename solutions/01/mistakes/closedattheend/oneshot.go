// Package oneshot, a wrong answer: closes the listener when all is done. Until then the system
// takes further clients in, and they wait for somebody who will never accept them.
//
// Caught by TestSecondClientIsRefused: a second client can connect.
package oneshot

import (
	"errors"
	"io"
	"net"
)

// Serve accepts one client on ln, echoes every byte until the client stops sending, and returns how
// many bytes it echoed. It closes ln once the client is in: later clients are refused.
func Serve(ln net.Listener) (n int64, err error) {
	defer ln.Close()
	conn, err := ln.Accept()
	if errors.Is(err, net.ErrClosed) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer conn.Close()

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
