// Login is lab 07 as a program: accounts in a file, passwords hashed with argon2id.
//
//	go run ./labs/07/cmd/login -addr 127.0.0.1:7005 -db accounts.db
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"

	login "lockstep/labs/07"
	"lockstep/labs/07/argon"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "listen on `host:port`")
	db := flag.String("db", "accounts.db", "keep the accounts in this `file`")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for anything
	if err := run(ctx, *addr, *db); err != nil {
		fmt.Fprintln(os.Stderr, "login:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, addr, db string) (err error) {
	accounts, err := login.Open(db, argon.New())
	if err != nil {
		return fmt.Errorf("%s: %w", db, err)
	}
	defer func() { err = errors.Join(err, accounts.Close()) }()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", ln.Addr())
	context.AfterFunc(ctx, func() { ln.Close() })

	s := &login.Server{Accounts: accounts, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	return s.Serve(ln)
}
