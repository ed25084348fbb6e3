// Load is the lecture's test of lab 07: half of its clients register, while the other half log in, talk
// and log out, all at once.
//
//	go run ./labs/07/cmd/load -clients 40                        # against a server of its own
//	go run ./labs/07/cmd/load -clients 40 -addr 127.0.0.1:7005   # against one that is running
//
// It prints what succeeded, and ends with status 1 if anything has failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"time"

	login "lockstep/labs/07"
	"lockstep/labs/07/argon"
	"lockstep/labs/07/load"
)

func main() {
	clients := flag.Int("clients", 40, "how `many` clients, all at once")
	addr := flag.String("addr", "", "the server's `host:port`; without it, one is started with a database of its own")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, *addr, *clients, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// run does the load, and tells what came of it.
func run(ctx context.Context, addr string, clients int, out io.Writer) (err error) {
	if addr == "" {
		own, stop, failed := serve()
		if failed != nil {
			return failed
		}
		addr = own
		defer func() { err = errors.Join(err, stop()) }()
	}
	l := &load.Load{
		Addr:     addr,
		Clients:  clients,
		Prefix:   strconv.FormatInt(time.Now().UnixMilli(), 36), // other names in each run: accounts stay
		Patience: time.Minute,                                   // argon2id under the race detector is slow
	}
	start := time.Now()
	r := l.Run(ctx)
	fmt.Fprintf(out, "registered      %d of %d, half of them beforehand\n", len(r.Registered), clients)
	fmt.Fprintf(out, "logged in       %d of %d\n", r.LoggedIn, clients/2)
	fmt.Fprintf(out, "lines echoed    %d\n", r.Echoed)
	fmt.Fprintf(out, "logged out      %d of %d\n", r.LoggedOut, clients/2)
	fmt.Fprintf(out, "failures        %d\n", len(r.Failures))
	fmt.Fprintf(out, "seconds         %.1f\n", time.Since(start).Seconds())
	return errors.Join(r.Failures...)
}

// serve starts a server with an empty database. stop ends it, and removes the database.
func serve() (addr string, stop func() error, err error) {
	dir, err := os.MkdirTemp("", "lockstep-load-")
	if err != nil {
		return "", nil, err
	}
	accounts, err := login.Open(filepath.Join(dir, "accounts.db"), argon.New())
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		accounts.Close()
		os.RemoveAll(dir)
		return "", nil, err
	}
	served := make(chan error, 1)
	go func() { served <- (&login.Server{Accounts: accounts}).Serve(ln) }() // ends with the listener
	return ln.Addr().String(), func() error {
		ln.Close()
		return errors.Join(<-served, accounts.Close(), os.RemoveAll(dir))
	}, nil
}
