// Package threaded, another right answer: it takes its leave. A connection that is closed while bytes of
// its client are unread is reset, and the client may lose what it was told last; so the server half-closes,
// and reads on until the client has left as well, or a timer has run out. Until then its place is taken.
package threaded

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// How long to wait after an error of Accept: doubled each time, as package net/http does.
const (
	firstPause = 5 * time.Millisecond
	maxPause   = time.Second
)

// patience is how long a client may take to leave when its Handle has returned.
const patience = 150 * time.Millisecond

// A Server calls Handle for every client. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Handle func(net.Conn) // runs in its own goroutine; the server closes the connection
	Limit  int            // most clients at once; 0 means no limit
	Log    *slog.Logger   // what the server does, for people; nil means silence

	active atomic.Int64 // clients that are being handled
}

// Serve accepts the clients of ln and calls Handle for each of them, in a goroutine of its own. Once
// ln is closed it lets the connected clients finish and returns nil. After a temporary error of
// Accept it tries again; any other error it returns, when the connected clients have finished.
func (s *Server) Serve(ln net.Listener) error {
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	places := newPlaces(s.Limit)
	var clients sync.WaitGroup
	defer clients.Wait()
	pause := time.Duration(0)
	for {
		conn, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case temporary(err):
			pause = min(max(2*pause, firstPause), maxPause)
			log.Warn("cannot accept clients for now", "error", err, "pause", pause)
			time.Sleep(pause)
			continue
		case err != nil:
			return err
		}
		pause = 0

		places.take() // from here on one more client is in, before its goroutine runs
		s.active.Add(1)
		clients.Go(func() { // ends when Handle has returned or panicked
			defer places.giveBack()
			defer s.active.Add(-1)
			s.handle(conn, log)
		})
	}
}

// handle calls Handle for one client. A panic ends here.
func (s *Server) handle(conn net.Conn, log *slog.Logger) {
	defer takeLeave(conn)
	defer func() {
		if v := recover(); v != nil {
			log.Error("handler panicked", "client", conn.RemoteAddr(), "panic", v, "stack", string(debug.Stack()))
		}
	}()
	s.Handle(conn)
}

// takeLeave closes a connection when its client has, or does not want to.
func takeLeave(conn net.Conn) {
	defer conn.Close()
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		defer time.AfterFunc(patience, func() { conn.Close() }).Stop()
		io.Copy(io.Discard, conn)
	}
}

// Active returns how many clients are being handled. It may be called at any time, by any goroutine.
func (s *Server) Active() int { return int(s.active.Load()) }

// temporary tells whether the next Accept may well succeed: too many files are open just now, or a
// client gave up while it waited.
func temporary(err error) bool {
	netErr, ok := errors.AsType[net.Error](err)
	return ok && netErr.Temporary()
}

// places are what clients need one of each; nil places are as many as anybody wants.
type places chan struct{}

func newPlaces(limit int) places {
	if limit <= 0 {
		return nil
	}
	return make(places, limit)
}

// take waits until there is a place.
func (p places) take() {
	if p != nil {
		p <- struct{}{}
	}
}

func (p places) giveBack() {
	if p != nil {
		<-p
	}
}
