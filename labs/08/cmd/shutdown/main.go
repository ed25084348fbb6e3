// Shutdown is lab 08 as a program: a server with a console on its standard input. The commands list and exit,
// Ctrl-C and SIGTERM do what the handout says. A second Ctrl-C does not wait for clients.
//
//	go run ./labs/08/cmd/shutdown -addr 127.0.0.1:7005
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"lockstep/labs/08/program"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "listen on `host:port`")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second one ends the program at once
	if err := run(ctx, *addr); err != nil {
		fmt.Fprintln(os.Stderr, "shutdown:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done or exit is typed.
func run(ctx context.Context, addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", ln.Addr())
	return program.Run(ctx, ln, slog.New(slog.NewTextHandler(os.Stderr, nil)), os.Stdin, os.Stdout)
}
