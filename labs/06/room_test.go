package client_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"lockstep/harness/labtest"
	"lockstep/harness/scenario"
	client "lockstep/labs/06"
)

func TestMain(m *testing.M) { labtest.Main(m, serve) }

// program is the client in the scenarios. It has one argument at most, its AwayAfter.
func program(ctx context.Context, args []string, conn net.Conn, in io.Reader, out io.Writer) error {
	c := &client.Client{AwayAfter: -1}
	if len(args) > 0 {
		after, err := time.ParseDuration(args[0])
		if err != nil {
			return err
		}
		c.AwayAfter = after
	}
	return c.Run(ctx, conn, in, out)
}

// The lecture's room, in which three clients meet.
func TestRoom(t *testing.T) { labtest.ScenarioWith(t, "room", scenario.Options{Program: program}) }

// The transcript of the handout.
func TestByHand(t *testing.T) { labtest.ScenarioWith(t, "byhand", scenario.Options{Program: program}) }

// A room is what the clients of a scenario meet in. It does what they need, and less than lab 05 asks
// for: its clients are few, and they read.
type room struct {
	mu     sync.Mutex
	online map[net.Conn]bool // guarded by mu
}

// serve is the server process of the scenarios.
func serve(ln net.Listener, _ *slog.Logger) error {
	r := &room{online: map[net.Conn]bool{}}
	var visits sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if err != nil {
			break
		}
		visits.Go(func() { r.visit(conn) }) // ends with the connection
	}
	r.close()
	visits.Wait()
	return nil
}

func (r *room) visit(conn net.Conn) {
	addr := conn.RemoteAddr()
	r.tell(conn, func() string {
		r.online[conn] = true
		fmt.Fprintf(conn, "> Connected to the chat server (%s)\n", r.count())
		return fmt.Sprintf("> New user %v entered (%s)", addr, r.count())
	})
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		r.tell(conn, func() string { return fmt.Sprintf("[%v] %s", addr, lines.Text()) })
	}
	r.tell(conn, func() string {
		delete(r.online, conn)
		return fmt.Sprintf("< The user %v left (%s)", addr, r.count())
	})
	conn.Close()
}

// tell sends a line to all but one. what makes it, and is called under the lock.
func (r *room) tell(but net.Conn, what func() string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := what()
	for conn := range r.online {
		if conn != but {
			fmt.Fprintln(conn, line)
		}
	}
}

func (r *room) count() string {
	if len(r.online) < 2 {
		return fmt.Sprintf("%d user online", len(r.online))
	}
	return fmt.Sprintf("%d users online", len(r.online))
}

func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.online {
		conn.Close()
	}
}
