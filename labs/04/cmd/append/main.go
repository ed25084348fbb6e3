// Append is lab 04 as a program. What its clients send goes to the end of all_received in the
// current folder.
//
//	go run ./labs/04/cmd/append -addr 127.0.0.1:7005
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"

	appendlog "lockstep/labs/04"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "listen on `host:port`")
	file := flag.String("file", "all_received", "append what clients send to this `file`")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for clients
	if err := run(ctx, *addr, *file); err != nil {
		fmt.Fprintln(os.Stderr, "append:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, addr, file string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", ln.Addr())
	context.AfterFunc(ctx, func() { ln.Close() })

	s := &appendlog.Server{
		Open: func() (io.WriteCloser, error) {
			return os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		},
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	return s.Serve(ln)
}
