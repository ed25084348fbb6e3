// Chat is lab 05 as a program: a chat room for everybody who connects.
//
//	go run ./labs/05/cmd/chat -addr 127.0.0.1:7005
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"

	chat "lockstep/labs/05"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "listen on `host:port`")
	queue := flag.Int("queue", 0, "drop a client for which more than `n` lines wait; 0 means 64")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C waits for nothing
	if err := run(ctx, *addr, *queue); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, addr string, queue int) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", ln.Addr())
	context.AfterFunc(ctx, func() { ln.Close() })

	s := &chat.Server{Queue: queue, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	return s.Serve(ln)
}
