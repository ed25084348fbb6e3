package labtest

import (
	"fmt"
	"net"
	"testing"
)

// StartOnce is [StartWith] for a server that serves one client and returns by itself. What it
// returns is for the check to judge: see [Server.Result].
func StartOnce(t *testing.T, network Network, serve func(net.Listener) error) *Server {
	t.Helper()
	s := StartWith(t, network, serve)
	s.once = true
	return s
}

// Result waits for a server that was started with [StartOnce] and returns what Serve returned. It
// fails the test when Serve does not return.
func (s *Server) Result() error {
	s.check.t.Helper()
	if !s.await() {
		s.check.t.Fatalf("Serve did not return, and there is nothing left for it to do\n%s", s.check.stuck())
	}
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

// outcome is what Serve returned, in words.
func (s *Server) outcome() string {
	if s.err == nil {
		return "nil"
	}
	return fmt.Sprintf("the error %q", s.err)
}
