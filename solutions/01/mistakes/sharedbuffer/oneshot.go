// Package oneshot, a wrong answer: a goroutine reads while another one writes, and both use the
// same buffer. As long as the client takes its echo at once, the two take turns by chance. A slice
// is no copy.
//
// Caught by TestSlowReader: while Write waits for the client, the next Read fills the buffer under
// it.
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

	pieces := make(chan []byte, 4)
	var readErr error
	go func() {
		defer close(pieces)
		buf := make([]byte, 4096)
		for {
			got, err := conn.Read(buf)
			if got > 0 {
				pieces <- buf[:got]
			}
			if err != nil {
				readErr = err
				return
			}
		}
	}()
	for piece := range pieces {
		sent, err := conn.Write(piece)
		n += int64(sent)
		if err != nil {
			conn.Close()
			for range pieces {
			}
			return n, err
		}
	}
	if readErr == io.EOF {
		return n, nil
	}
	return n, readErr
}
