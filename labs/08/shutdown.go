// Package shutdown is lab 08: stopping cleanly.
//
// A server whose clients talk to each other, and whose operator can ask who is there and end it. Ending
// is the subject: nobody new comes in, everybody is told, whoever is being answered gets the answer, and
// when the server says that it is over, nothing of it is left. Run
//
//	go test -race ./labs/08/...
//
// as often as you like. The marks TODO(08a) to TODO(08c) show where the work is, and the handout
// (labs/08/README.md) gives every rule that is checked.
package shutdown

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

// grace is how long exit on the console waits for clients before it closes their connections by force.
const grace = 10 * time.Second

// ErrClosed is what Serve returns when Shutdown was called before it.
var ErrClosed = errors.New("server is shut down")

// A Server tells its clients apart by number, and passes on what one of them has for all others. Set Log
// before Serve. A Server serves once. All methods may be called at the same time.
type Server struct {
	Log *slog.Logger // what the server does, for people; nil means silence

	// TODO(08a): what does the server have to remember of its clients, and who uses it at the same time?
	// TODO(08b): and what of its own state?
}

// Serve serves every client that connects to ln in a goroutine of its own. After Shutdown was called it
// returns nil once every goroutine that it started has ended. When ln is closed by somebody else, it closes
// all connections first; any other error of Accept ends it in the same way, and is returned.
// Called after Shutdown it returns ErrClosed at once.
func (s *Server) Serve(ln net.Listener) error {
	// TODO(08a): accept clients, number them from 1, tell them who they are; answer their lines.
	// TODO(08b): after Shutdown nobody comes in any more, not even who is being accepted at that moment.
	return errors.New("TODO(08a): accept clients, and tell each its number")
}

// Clients returns the addresses of the connected clients by their numbers. The map belongs to the caller.
func (s *Server) Clients() map[int]net.Addr {
	return nil // TODO(08a): who is there?
}

// Shutdown ends the server. It lets nobody in any more, tells each client, and waits until every request
// that was read is answered, every connection closed and every goroutine ended; then it returns nil. If ctx is done
// before that, it closes the connections by force and returns ctx.Err(). It may be called more than once, and
// by several goroutines at once: each call waits for the end.
func (s *Server) Shutdown(ctx context.Context) error {
	// TODO(08b): which goroutines wait for what, and what wakes them?
	return errors.New("TODO(08b): close the listener, tell the clients, and wait for their goroutines")
}

// Console obeys the commands that are read from in, a line each, and prints on out. It returns nil at the
// end of in; exit ends it, too, and then it returns what Shutdown returned.
func (s *Server) Console(in io.Reader, out io.Writer) error {
	return errors.New("TODO(08c): read commands from in, and obey them: list and exit")
}
