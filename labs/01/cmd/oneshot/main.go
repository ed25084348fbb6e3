// Oneshot is lab 01 as a program. It serves one client and ends; Ctrl-C ends it earlier.
//
//	go run ./labs/01/cmd/oneshot -addr 127.0.0.1:7005
package main

import (
	"flag"
	"fmt"
	"net"
	"os"

	oneshot "lockstep/labs/01"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7005", "listen on `host:port`")
	flag.Parse()

	if err := run(*addr); err != nil {
		fmt.Fprintln(os.Stderr, "oneshot:", err)
		os.Exit(1)
	}
}

// run serves one client.
func run(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", ln.Addr())
	n, err := oneshot.Serve(ln)
	fmt.Fprintln(os.Stderr, "bytes echoed:", n)
	return err
}
