// Package oneshot, a wrong answer: takes a Read that does not fill the buffer for the last one.
// That is how the end of a file shows in some languages; on a connection it only means that no more
// has come yet.
//
// Caught by TestOneByteAtATime: one byte comes back, and then the connection ends.
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
		sent, err := conn.Write(buf[:got])
		n += int64(sent)
		if err != nil {
			return n, err
		}
		if got < len(buf) {
			return n, nil // that was all
		}
	}
}
