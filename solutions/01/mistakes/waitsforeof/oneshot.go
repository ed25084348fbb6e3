// Package oneshot, a wrong answer: reads until the client has said everything, and only then
// answers. Nobody can talk with such a server, and a client that sends for ever fills its memory.
//
// Caught by TestEchoesWhileTheClientIsStillSending: the client waits for the server, and the server
// for the client.
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

	all, err := io.ReadAll(conn)
	if err != nil {
		return 0, err
	}
	sent, err := conn.Write(all)
	return int64(sent), err
}
