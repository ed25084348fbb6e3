// Threaded is lab 03 as a program: an echo server with a goroutine per client. A client that says
// "crash" makes its handler panic.
//
//	go run ./labs/03/cmd/threaded -addr 127.0.0.1:7005 -limit 2
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"

	threaded "lockstep/labs/03"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "listen on `host:port`")
	limit := flag.Int("limit", 0, "serve at most `n` clients at once; 0 means no limit")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for clients
	if err := run(ctx, *addr, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "threaded:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, addr string, limit int) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", ln.Addr())
	context.AfterFunc(ctx, func() { ln.Close() })

	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	s := &threaded.Server{Limit: limit, Log: log}
	s.Handle = func(conn net.Conn) {
		client := log.With("client", conn.RemoteAddr())
		client.Info("client is in", "active", s.Active())
		echo(conn)
		client.Info("client leaves", "active", s.Active())
	}
	return s.Serve(ln)
}

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

// echo answers each line until the client has no more to say.
func echo(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, maxLine+len("\r\n"))
	for lines.Scan() && len(lines.Bytes()) <= maxLine {
		if lines.Text() == "crash" {
			panic("crash: a client asked for it")
		}
		io.WriteString(conn, "Echo: "+lines.Text()+"\n")
	}
	if len(lines.Bytes()) > maxLine || errors.Is(lines.Err(), bufio.ErrTooLong) {
		io.WriteString(conn, "ERR line too long\n")
	}
}
