// Package serial is lab 02: messages with edges, and a file server that serves one client after
// another.
//
// Nothing is done yet; run
//
//	go test -race ./labs/02/...
//
// and start with the frames. The marks TODO(02a) to TODO(02d) show where the work is, and the
// handout (labs/02/README.md) gives every rule that is checked.
package serial

import (
	"errors"
	"io"
	"net"
	"os"
)

const (
	maxLine = 4096    // the longest line that a client may send, in bytes, without its ending
	maxFile = 1 << 20 // the largest file that the server takes or gives, in bytes
)

var (
	// ErrHeader is what ReadFrame returns when a frame does not begin with 8 hex digits.
	ErrHeader = errors.New("a frame begins with 8 hex digits")
	// ErrTooLarge is what ReadFrame returns when a frame announces more bytes than its caller takes.
	ErrTooLarge = errors.New("too large")
)

// WriteFrame writes one message to w: its length as 8 hex digits, lower case and padded with zeros,
// then its bytes. It returns the first error of w.
func WriteFrame(w io.Writer, msg []byte) error {
	// TODO(02a): write the header and the message.
	return errors.New("TODO(02a): write the length as 8 hex digits, then the bytes")
}

// ReadFrame reads one message from r, which may give its bytes in pieces of any size. It reads
// nothing behind the message: that is the next one.
//
// The error is io.EOF when r ends before the first byte of the frame, and io.ErrUnexpectedEOF when
// it ends inside of the frame; ErrHeader when the frame does not begin with 8 hex digits, in upper
// or lower case; and ErrTooLarge when it announces more than max bytes: then no memory was allocated
// for them, and none of them was read. Any other error of r is returned.
func ReadFrame(r io.Reader, max int) ([]byte, error) {
	// TODO(02a): read the header, then as many bytes as it says.
	return nil, errors.New("TODO(02a): read 8 hex digits, then as many bytes as they say")
}

// Serve serves the files in root to the clients that connect to ln, one client after another: the
// next one is answered when the last one has left. Once ln is closed it lets the client finish that
// is being served, and returns nil; any other error of Accept it returns.
func Serve(ln net.Listener, root *os.Root) error {
	// TODO(02b): accept a client and answer its requests, GET, PUT and LIST, until it leaves.
	// TODO(02c): refuse names that lead elsewhere, and keep nothing of a file that breaks off.
	// TODO(02d): whatever became of this client, go on with the next one.
	return errors.New("TODO(02b): accept a client and answer its requests, GET, PUT and LIST, until it leaves")
}
