// Package threaded, another right answer: one goroutine decides and shares nothing. A second one
// accepts and hands it the clients, handlers tell it when they are done, and it lets the next one in. Only
// the number that Active returns is published, in an atomic.
package threaded

import (
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// A Server calls Handle for every client. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Handle func(net.Conn) // runs in its own goroutine; the server closes the connection
	Limit  int            // most clients at once; 0 means no limit
	Log    *slog.Logger   // what the server does, for people; nil means silence

	active atomic.Int32
}

// Serve serves every client in a goroutine of its own, until ln is closed or fails.
func (s *Server) Serve(ln net.Listener) error {
	arrived, left, failed := make(chan net.Conn), make(chan struct{}), make(chan error, 1)
	go s.accept(ln, arrived, failed) // ends when ln fails for good; failed says so

	var result error
	for in, accepting := 0, true; accepting || in > 0; {
		next := arrived
		if s.Limit > 0 && in == s.Limit {
			next = nil // nobody is let in
		}
		select {
		case conn := <-next:
			in++
			s.active.Store(int32(in))
			go s.serve(conn, left) // ends when Handle returns, and says so on left
		case <-left:
			in--
			s.active.Store(int32(in))
		case result = <-failed:
			accepting = false
		}
	}
	return result
}

// accept sends every client to arrived, and to failed why there will be no more: nil if ln was closed.
func (s *Server) accept(ln net.Listener, arrived chan<- net.Conn, failed chan<- error) {
	for pause := time.Millisecond; ; {
		conn, err := ln.Accept()
		var netErr net.Error
		switch {
		case err == nil:
			pause = time.Millisecond
			arrived <- conn
		case errors.Is(err, net.ErrClosed):
			failed <- nil
			return
		case errors.As(err, &netErr) && netErr.Temporary():
			<-time.After(pause)
			pause = min(3*pause, time.Second)
		default:
			failed <- err
			return
		}
	}
}

func (s *Server) serve(conn net.Conn, left chan<- struct{}) {
	defer func() {
		if v := recover(); v != nil && s.Log != nil {
			s.Log.Error("panic in Handle", slog.Any("value", v), slog.String("stack", string(debug.Stack())))
		}
		conn.Close()
		left <- struct{}{}
	}()
	s.Handle(conn)
}

// Active returns how many clients are being handled.
func (s *Server) Active() int { return int(s.active.Load()) }
