// Package oneshot answers lab 01 with a loop of Read and Write that looks at both errors at the end
// of each round.
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

	buf := make([]byte, 512)
	for {
		got, readErr := conn.Read(buf)
		sent, writeErr := conn.Write(buf[:got]) // also what came together with an error, or nothing
		n += int64(sent)
		switch {
		case writeErr != nil:
			return n, writeErr
		case readErr == io.EOF:
			return n, nil
		case readErr != nil:
			return n, readErr
		}
	}
}
