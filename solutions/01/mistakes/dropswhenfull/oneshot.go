// Package oneshot, a wrong answer: a goroutine writes from a queue, and what does not fit into the
// queue is thrown away, so that the reader never has to wait. An echo with holes is none.
//
// Caught by TestSlowReader: the client misses what came while the queue was full.
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

	queue := make(chan []byte, 1)
	done := make(chan error, 1)
	go func() {
		for piece := range queue {
			sent, err := conn.Write(piece)
			n += int64(sent)
			if err != nil {
				conn.Close()
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		buf := make([]byte, 4096)
		got, err := conn.Read(buf)
		if got > 0 {
			select {
			case queue <- buf[:got]:
			default: // full: the client is too slow
			}
		}
		if err != nil {
			close(queue)
			writeErr := <-done
			if writeErr != nil || err == io.EOF {
				return n, writeErr
			}
			return n, err
		}
	}
}
