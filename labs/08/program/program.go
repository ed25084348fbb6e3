// Package program is what the program of lab 08 does around your server: it connects the server to a
// console and to the signals of the operating system. It is here to be read; the work is in shutdown.go.
package program

import (
	"context"
	"io"
	"log/slog"
	"net"
	"time"

	shutdown "lockstep/labs/08"
)

// grace is how long clients may take when a signal ends the server.
const grace = 10 * time.Second

// Run serves on ln until somebody types exit on the console, or ctx is done because of a signal. When it
// returns nil, the program can end with status 0: nobody is served any more.
func Run(ctx context.Context, ln net.Listener, log *slog.Logger, in io.Reader, out io.Writer) error {
	s := &shutdown.Server{Log: log}
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), grace) // the one that is done would leave no time
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			log.Warn("connections were closed by force", "error", err)
		}
	})
	go func() { // ends with exit, with the input, or with the program: nothing can wake it from a Read of the keyboard
		if err := s.Console(in, out); err != nil {
			log.Warn("console", "error", err)
		}
	}()
	return s.Serve(ln)
}
