// Package oneshot answers lab 01 byte by byte, through a buffer on each side. What has come goes
// back as soon as there is nothing more to read without waiting.
package oneshot

import (
	"bufio"
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

	r, w := bufio.NewReader(conn), bufio.NewWriter(conn)
	for {
		b, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		w.WriteByte(b) // an error stays, and Flush returns it
		n++
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return n - int64(w.Buffered()), err
			}
		}
	}
}
