package labtest

import "lockstep/harness/memnet"

// inMemory returns the client's end of a connection in memory. Without one, the check is left out.
func (c *Client) inMemory() *memnet.Conn {
	t := c.server.check.t
	t.Helper()
	conn, ok := c.conn.(*memnet.Conn)
	if !ok {
		LeaveOut(t, "a connection of package net does not hold the server's calls")
	}
	return conn
}

// HoldRead holds the server's next Read of this client that gets bytes: the server has taken them, and
// learns of it when release is called.
func (c *Client) HoldRead() (release func()) {
	c.server.check.t.Helper()
	barrier := memnet.NewBarrier(2) // for one that comes, and one that never does
	c.inMemory().HoldPeerReads(barrier)
	c.server.check.t.Cleanup(barrier.Open)
	return barrier.Open
}

// ConnectHeld is [Server.Connect] for a client of which the server's Writes do not return before
// [Client.Release]. What they write arrives: so a check can act on what the server has said before the
// server goes on.
func (s *Server) ConnectHeld(name string) *Client {
	t := s.check.t
	t.Helper()
	ln, ok := s.ln.(*memnet.Listener)
	if !ok {
		LeaveOut(t, "a connection of package net does not hold the server's calls")
	}
	conn, err := ln.DialWith((*memnet.Conn).HoldPeerWrites)
	if err != nil {
		t.Fatalf("%s could not connect: %s", name, (&Client{server: s}).why(err))
	}
	t.Cleanup(func() { conn.Close() })
	return &Client{server: s, name: name, conn: conn}
}

// Release lets the held Write return, and those that follow.
func (c *Client) Release() {
	c.server.check.t.Helper()
	c.inMemory().ReleasePeerWrites()
}
