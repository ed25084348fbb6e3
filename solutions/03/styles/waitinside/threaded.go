// Package threaded, another right answer: every client is accepted at once and gets its goroutine at
// once; the goroutine itself waits for a place. Who is being handled stands in a map under a lock.
package threaded

import (
	"errors"
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
	inside map[net.Conn]time.Time // who is being handled, and since when; guarded by mu
}

// Serve serves every client in a goroutine of its own, until ln is closed or fails.
func (s *Server) Serve(ln net.Listener) error {
	places := make(chan struct{}, max(1, s.Limit))
	var wg sync.WaitGroup
	for pause := time.Duration(0); ; {
		conn, err := ln.Accept()
		if err == nil {
			pause = 0
			wg.Add(1)
			go func() { // ends when Handle has returned
				defer wg.Done()
				defer conn.Close()
				if s.Limit > 0 {
					places <- struct{}{}
					defer func() { <-places }()
				}
				s.handle(conn)
			}()
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			wg.Wait()
			return nil
		}
		var netErr net.Error
		if !errors.As(err, &netErr) || !netErr.Temporary() {
			wg.Wait()
			return err
		}
		pause = min(pause+50*time.Millisecond, time.Second)
		timer := time.NewTimer(pause)
		<-timer.C
	}
}

func (s *Server) handle(conn net.Conn) {
	s.enter(conn)
	defer s.leave(conn)
	defer func() {
		if v := recover(); v != nil && s.Log != nil {
			s.Log.With("client", conn.RemoteAddr()).Warn("its handler panicked", "with", v)
		}
	}()
	s.Handle(conn)
}

func (s *Server) enter(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inside == nil {
		s.inside = map[net.Conn]time.Time{}
	}
	s.inside[conn] = time.Now()
}

func (s *Server) leave(conn net.Conn) {
	s.mu.Lock()
	since := s.inside[conn]
	delete(s.inside, conn)
	s.mu.Unlock()
	if s.Log != nil {
		s.Log.Info("client left", "client", conn.RemoteAddr(), "after", time.Since(since))
	}
}

// Active returns how many clients are being handled.
func (s *Server) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inside)
}
