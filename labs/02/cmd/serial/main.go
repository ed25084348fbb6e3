// Serial is lab 02 as a program: it serves the files of one folder, to one client after another.
//
//	go run ./labs/02/cmd/serial -addr 127.0.0.1:7005 -root .
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"

	serial "lockstep/labs/02"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "listen on `host:port`")
	folder := flag.String("root", ".", "serve the files of this `folder`, and store those of the clients there")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for the client
	if err := run(ctx, *addr, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "serial:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done and the client that is being served has left.
func run(ctx context.Context, addr, folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", ln.Addr())
	context.AfterFunc(ctx, func() { ln.Close() })
	return serial.Serve(ln, root)
}
