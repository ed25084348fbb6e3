// Package oneshot, a wrong answer: echoes line by line. TCP knows no lines; a client that sends
// none waits for ever, and the last one gets a line ending that it did not send.
//
// Caught by TestOneByteAtATime: the bytes behind the last line ending do not come back.
package oneshot

import (
	"bufio"
	"errors"
	"fmt"
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

	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		sent, err := fmt.Fprintln(conn, lines.Text())
		n += int64(sent)
		if err != nil {
			return n, err
		}
	}
	return n, lines.Err()
}
