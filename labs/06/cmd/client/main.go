// Client is lab 06 as a program: it connects the terminal to a chat server, such as that of lab 05.
//
//	go run ./labs/06/cmd/client -addr 127.0.0.1:7005
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"time"

	client "lockstep/labs/06"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "connect to the server at `host:port`")
	away := flag.Duration("away", 10*time.Second, "tell the server when nothing was typed for so long; negative means never")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	switch err := run(ctx, *addr, *away); {
	case err == nil, errors.Is(err, context.Canceled):
	case errors.Is(err, client.ErrServerDown):
		os.Exit(1) // Run has said so
	default:
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

// run connects, and talks until the keyboard, the server or ctx ends.
func run(ctx context.Context, addr string, away time.Duration) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintln(os.Stderr, "connected to", conn.RemoteAddr(), "as", conn.LocalAddr())
	c := &client.Client{AwayAfter: away}
	return c.Run(ctx, conn, os.Stdin, os.Stdout)
}
