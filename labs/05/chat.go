// Package chat is lab 05: one room.
//
// Whoever connects is in the room, and what one client says all others hear. Run
//
//	go test -race ./labs/05/...
//
// as often as you like. The marks TODO(05a) to TODO(05d) show where the work is, and the handout
// (labs/05/README.md) gives every rule that is checked.
package chat

import (
	"bufio"
	"errors"
	"log/slog"
	"net"
	"strings"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

var errTooLong = errors.New("line too long")

// A Server is one chat room. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Queue int          // lines waiting for a slow client before it is dropped; 0 means 64
	Log   *slog.Logger // what the server does, for people; nil means silence

	// TODO(05a): who is in the room? Every client's goroutine wants to know, and some change it.
}

// Serve lets every client that connects to ln into the room. Once ln is closed it closes the
// connections, waits for all that it started and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	// TODO(05a): accept clients in a loop. Tell the newcomer that it is connected, and the others that it
	// has entered; pass on each line to all but its sender; tell the others when a client has left.
	// TODO(05b): a client that does not read must not make anybody wait: give each client a queue, and a
	// goroutine that writes what is in it.
	// TODO(05c): a client is gone when its last line has been read, not before. When ln is closed, close
	// the connections, and wait for all goroutines.
	// TODO(05d), bonus: everybody hears everything in the same order, and a newcomer misses nothing.
	return errors.New("TODO(05a): accept clients, and tell each that it is connected to the chat server")
}

// Online returns how many clients are in the room. It may be called at any time, by any goroutine.
func (s *Server) Online() int {
	return 0 // TODO(05a)
}

// readLine reads one line and returns it without its ending, which is \n or \r\n. It returns
// errTooLong for a line of more than maxLine bytes. r holds at least maxLine+2 bytes:
//
//	r := bufio.NewReaderSize(conn, maxLine+len("\r\n"))
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errTooLong
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
	if len(text) > maxLine {
		return "", errTooLong
	}
	return text, nil
}
