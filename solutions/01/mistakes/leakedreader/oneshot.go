// Package oneshot, a wrong answer: returns when Write fails, and leaves the goroutine that reads
// behind. It has bytes to hand over, and nobody takes them any more.
//
// Caught by TestClientThatLeavesWithoutItsEchoIsAnError: a goroutine is left.
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

	pieces := make(chan []byte)
	var readErr error
	go func() {
		defer close(pieces)
		for {
			buf := make([]byte, 4096)
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
			return n, err
		}
	}
	if readErr == io.EOF {
		return n, nil
	}
	return n, readErr
}
