package host

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
)

// A ConsoleServer is a server program with a console, as somebody starts it who wants to end it well: ctx is
// done when the process gets SIGINT or SIGTERM, and the process ends when the program returns.
type ConsoleServer func(ctx context.Context, ln net.Listener, log *slog.Logger, in io.Reader, out io.Writer) error

// ServeConsole is [Serve] for a program with a console, which whoever connects to [Process.Console] sits at. When the program
// returns, the process ends, with status 0, or 1 after an error.
func ServeConsole(program ConsoleServer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	door, err := net.Listen("tcp", "127.0.0.1:0") // where the console comes in
	if err != nil {
		return broken(err)
	}
	run := func(ln net.Listener, log *slog.Logger) error {
		console, err := door.Accept()
		if err != nil {
			return err
		}
		return program(ctx, ln, log, console, console)
	}
	return live(reply{Console: door.Addr().String()}, run, func(err error) {
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	})
}
