package labtest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/memnet"
	"lockstep/harness/norace"
	"lockstep/harness/verdict"
)

func init() { await.Resident(watchStdin) }

// A Server is a student's server that runs in this process.
type Server struct {
	check  *check
	ln     net.Listener
	dial   func() (conn, error)
	once   bool         // Serve returns by itself, and the check judges what
	ending bool         // that Serve has returned is no news
	served chan error   // what Serve returned
	ended  bool         // that was received
	before map[int]bool // the goroutines that were there when it was started
	looked bool         // for what it leaves behind
	err    error        // and this is it
}

// Start runs serve on a network in memory and makes t a check. When the test is over the listener
// is closed, and serve must return nil.
func Start(t *testing.T, serve func(net.Listener) error) *Server {
	t.Helper()
	return StartWith(t, Network{}, serve)
}

// A Network is what is special about the network of a check.
type Network struct {
	Buffer     int // bytes that a connection holds each way before Write blocks; 0 means a MiB
	CloseAfter int // the listener closes itself when Accept is called behind so many clients; 0 means never

	// TCP makes it no network in memory, but the system's. Nothing is exact there: Idle returns while bytes
	// are under way, and a client has what Buffer says and some more that the system keeps for it.
	TCP bool
}

// StartWith is Start on a network that is special.
func StartWith(t *testing.T, network Network, serve func(net.Listener) error) *Server {
	t.Helper()
	c := begin(t)
	s := &Server{check: c, served: make(chan error, 1), before: Observer{c}.There()}
	if network.TCP {
		s.ln, s.dial = realTCP(t, network.Buffer)
	} else if norace.Off() {
		switch {
		case network.CloseAfter > 0:
			LeaveOut(t, "a listener of package net does not close itself")
		case network.Buffer > 0 && network.Buffer < 1024:
			LeaveOut(t, "a connection of package net holds more than that")
		}
		s.ln, s.dial = realTCP(t, 0)
	} else {
		ln, dial := memory(cmp.Or(network.Buffer, roomy))
		if network.CloseAfter > 0 {
			ln.CloseAfter(network.CloseAfter)
		}
		s.ln, s.dial = ln, dial
	}
	go func() { s.served <- serve(s.ln) }() // ends with the listener; Stop waits for it
	t.Cleanup(func() {
		t.Helper()
		if t.Failed() {
			broke()
			s.ln.Close() // what the server does now is beside the point
			s.ended = s.ended || s.await()
			return
		}
		if err := s.Stop(); err != nil && !s.once {
			t.Errorf("Serve should return nil once its listener is closed, and returned %v", err)
		}
	})
	return s
}

// Connect opens a connection to the server. name is what messages call the client.
func (s *Server) Connect(name string) *Client {
	t := s.check.t
	t.Helper()
	conn, err := s.dial()
	if err != nil {
		t.Fatalf("%s could not connect: %s", name, (&Client{server: s}).why(err))
	}
	c := &Client{server: s, name: name, conn: conn}
	closeInTheEnd(t, conn)
	return c
}

// closeInTheEnd closes a client's end when the test is over. One that has failed has done so by then, and not when all is cleaned up.
func closeInTheEnd(t *testing.T, conn io.Closer) {
	t.Cleanup(func() {
		if t.Failed() {
			broke()
		}
		conn.Close()
	})
}

// Addr is where the server listens, host:port, for clients of another kind on a [Network] that is TCP.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Close closes the listener, as whoever started the server does to end it.
func (s *Server) Close() { s.ln.Close() }

// Stop closes the listener and returns what Serve returns. It fails the test when Serve does not
// return. It may be called again.
func (s *Server) Stop() error {
	s.check.t.Helper()
	s.ln.Close()
	if !s.await() {
		s.check.t.Fatalf("Serve did not return: its listener is closed and every client has left\n%s", s.check.stuck())
	}
	s.leavesNothing()
	return s.err
}

// leavesNothing requires that what the server had is gone when Serve has returned, whether clients are there or not. On TCP nobody can tell.
func (s *Server) leavesNothing() {
	t := s.check.t
	t.Helper()
	ln, ok := s.ln.(*memnet.Listener)
	if !ok || s.looked {
		return
	}
	s.looked = true
	s.Idle()
	if left := (Observer{s.check}).Left(s.before); left != "" {
		s.check.status = verdict.Leaked
		t.Fatalf("Serve has returned, with %s, and goroutines that it started are still there:\n%s"+
			"each goroutine needs something that ends it, and Serve waits for it", s.outcome(), left)
	}
	if n, client := ln.Open(); n > 0 {
		t.Fatalf("Serve has returned, with %s, and the connection of the client at %s was not closed%s: close it on every way out", s.outcome(), client.LocalAddr(), others(n-1))
	}
}

// others says that there are n more; "" if there are none.
func others(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", nor were %d more", n)
}

// Serving tells whether Serve has not returned yet. It waits for the server to idle first.
func (s *Server) Serving() bool {
	s.Idle()
	return !s.returned()
}

// returned tells whether Serve has returned.
func (s *Server) returned() bool {
	select {
	case s.err = <-s.served:
		s.ended = true
	default:
	}
	return s.ended
}

func (s *Server) await() bool {
	if !s.ended {
		err, late := await.Receive(await.Patience{}, s.served)
		s.err, s.ended = err, late == nil
	}
	return s.ended
}

// Idle returns when nothing moves in the server any more: it has done all that it can do before
// somebody acts, or a pause of its own is over. What must not have happened has not; what should have, may
// still be to come: see [Until]. It fails the test when the server never comes to rest.
func (s *Server) Idle() {
	s.check.t.Helper()
	Observer{s.check}.Settle()
}

var errNothingMoves = errors.New("nothing came, and nothing moves in the server any more")

// patient calls try, which waits for at most the time that it is given, until it succeeds, fails for
// good, or cannot succeed because nothing moves or Serve has returned. ready tells whether another
// try would not have to wait: on a busy machine a time may pass before the try has begun.
func (s *Server) patient(ready func() bool, try func(time.Time) error) (err error) {
	late := await.Patience{}.Try(func(wait time.Duration) bool {
		over := s.returned() // asked for first: what the server has done until then is there to be found
		for {
			if ready() {
				wait = max(wait, 10*time.Millisecond) // more than it takes, or there is another try
			}
			err = try(time.Now().Add(wait))
			if timeout, ok := errors.AsType[net.Error](err); err == nil || !ok || !timeout.Timeout() {
				return true
			}
			if !ready() {
				break
			}
		}
		if over {
			err = errNothingMoves
		}
		return over
	})
	switch late {
	case await.ErrRest:
		return errNothingMoves
	case await.ErrLate:
		return fmt.Errorf("nothing came %s", await.Within(await.Limit))
	}
	return err
}

// StartOnce is [StartWith] for a server that serves one client and returns by itself. What it
// returns is for the check to judge: see [Server.Wait].
func StartOnce(t *testing.T, network Network, serve func(net.Listener) error) *Server {
	t.Helper()
	s := StartWith(t, network, serve)
	s.once = true
	return s
}

// Wait waits for a server that was started with [StartOnce] and returns what Serve returned. It
// fails the test when Serve does not return.
func (s *Server) Wait() error {
	s.check.t.Helper()
	if !s.await() {
		s.check.t.Fatalf("Serve did not return, and there is nothing left for it to do\n%s", s.check.stuck())
	}
	s.leavesNothing()
	return s.err
}

// Refuses tells whether nobody can connect any more, or will be able to in a moment.
func (s *Server) Refuses() bool {
	s.check.t.Helper()
	return Until(s.check.t, func() bool {
		conn, err := s.dial()
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// MayReturn tells that from now on it is no news when Serve has returned, for something else than its
// listener ends it.
func (s *Server) MayReturn() { s.ending = true }

// outcome is what Serve returned, in words.
func (s *Server) outcome() string {
	if s.err == nil {
		return "nil"
	}
	return fmt.Sprintf("the error %q", s.err)
}

// FailAccept makes the server's next Accept return err, also one that waits already. Clients that
// connect are accepted after it.
func (s *Server) FailAccept(err error) {
	t := s.check.t
	t.Helper()
	ln, ok := s.ln.(interface{ FailAccept(error) })
	if !ok {
		LeaveOut(t, "a listener of package net does not fail when it is asked to")
	}
	ln.FailAccept(err)
}
