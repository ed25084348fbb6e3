package labtest

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
