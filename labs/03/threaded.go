// Package threaded is lab 03: a goroutine per client.
//
// The server accepts clients and calls a function for each of them, in a goroutine of its own. It
// knows how many there are, keeps them within a limit, and survives what one of them does wrong. Run
//
//	go test -race ./labs/03/...
//
// as often as you like. The marks TODO(03a) to TODO(03c) show where the work is, and the handout
// (labs/03/README.md) gives every rule that is checked.
package threaded

import (
	"errors"
	"log/slog"
	"net"
)

// A Server calls Handle for every client. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Handle func(net.Conn) // runs in its own goroutine; the server closes the connection
	Limit  int            // most clients at once; 0 means no limit
	Log    *slog.Logger   // what the server does, for people; nil means silence

	// TODO(03b): what does the server have to remember, and who uses it at the same time?
}

// Serve accepts the clients of ln and calls Handle for each of them, in a goroutine of its own. Once
// ln is closed it lets the connected clients finish and returns nil. After a temporary error of
// Accept it tries again; any other error it returns, when the connected clients have finished.
func (s *Server) Serve(ln net.Listener) error {
	// TODO(03a): accept clients in a loop; start a goroutine for each that calls Handle and closes the
	// connection; end when ln is closed, and wait for the goroutines that you started.
	// TODO(03b): beyond Limit a client waits until another one has left.
	// TODO(03c): Handle may panic, and Accept may fail for a while.
	return errors.New("TODO(03a): accept clients, and call Handle for each in a goroutine of its own")
}

// Active returns how many clients are being handled. It may be called at any time, by any goroutine.
func (s *Server) Active() int {
	return 0 // TODO(03b): count clients in before Handle is called, and out after it has returned
}
