// Package oneshot answers lab 01 with two goroutines, one that reads and one that writes. What is
// read while the client does not read waits in a channel.
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
	var readErr error // set before pieces is closed
	go func() {       // ends with the connection, at the latest
		defer close(pieces)
		readErr = read(conn, pieces)
	}()
	for piece := range pieces {
		sent, writeErr := conn.Write(piece)
		n += int64(sent)
		if writeErr != nil {
			conn.Close()
			for range pieces { // until the reader has noticed
			}
			return n, writeErr
		}
	}
	return n, readErr
}

// read sends on pieces what it reads, each piece in memory of its own. It returns nil when the
// client has stopped sending.
func read(conn net.Conn, pieces chan<- []byte) error {
	for {
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if n > 0 {
			pieces <- buf[:n]
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
