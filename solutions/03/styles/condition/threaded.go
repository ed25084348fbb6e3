// Package threaded, another right answer: one number under one lock, and a condition variable for all
// who wait for it to fall: the accept loop for a place, and Serve, in the end, for the last client. There
// is neither a WaitGroup nor a channel.
package threaded

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// A Server calls Handle for every client. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Handle func(net.Conn) // runs in its own goroutine; the server closes the connection
	Limit  int            // most clients at once; 0 means no limit
	Log    *slog.Logger   // what the server does, for people; nil means silence

	mu     sync.Mutex
	fewer  sync.Cond // on mu: active has become less
	active int       // clients that are being handled; guarded by mu
}

// Serve serves every client in a goroutine of its own, until ln is closed or fails.
func (s *Server) Serve(ln net.Listener) error {
	s.fewer.L = &s.mu
	defer s.awaitBelow(1)
	var pause time.Duration
	for {
		if s.Limit > 0 {
			s.awaitBelow(s.Limit) // only this goroutine counts up
		}
		conn, err := ln.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			if netErr, ok := err.(net.Error); !ok || !netErr.Temporary() {
				return err
			}
			if pause *= 2; pause == 0 {
				pause = 10 * time.Millisecond
			} else if pause > time.Second {
				pause = time.Second
			}
			s.log("accept: %v; trying again in %v", err, pause)
			time.Sleep(pause)
			continue
		}
		pause = 0
		s.add(1)
		go s.serve(conn) // ends when Handle returns; awaitBelow waits for it
	}
}

func (s *Server) serve(conn net.Conn) {
	defer s.add(-1)
	defer conn.Close()
	defer func() {
		if v := recover(); v != nil {
			s.log("panic: %v", v)
		}
	}()
	s.Handle(conn)
}

// Active returns how many clients are being handled.
func (s *Server) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active
}

func (s *Server) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active += n
	if n < 0 {
		s.fewer.Broadcast()
	}
}

// awaitBelow waits until fewer than n clients are being handled.
func (s *Server) awaitBelow(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.active >= n {
		s.fewer.Wait()
	}
}

func (s *Server) log(format string, args ...any) {
	if s.Log != nil {
		s.Log.Info(fmt.Sprintf(format, args...))
	}
}
