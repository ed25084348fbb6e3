package memnet

import "lockstep/harness/quiet"

// A Gate holds up goroutines until a given number of them has arrived, so that what they do next is
// done by all of them at once. Like the rest of this package it leaves no happens-before edge between
// them. NewGate makes one.
type Gate struct {
	mu      quiet.Mutex
	missing int         // arrivals until the gate opens; guarded by mu
	opened  *quiet.Cond // broadcast when missing falls to 0
}

// NewGate returns a gate that opens when n goroutines have arrived, and stays open.
//
//go:norace
func NewGate(n int) *Gate {
	g := &Gate{missing: n}
	g.opened = quiet.NewCond(&g.mu)
	return g
}

// Arrive waits until the gate is open.
//
//go:norace
func (g *Gate) Arrive() {
	g.mu.Lock()
	g.missing--
	if g.missing == 0 {
		g.opened.Broadcast()
	}
	for g.missing > 0 {
		g.opened.Wait()
	}
	g.mu.Unlock()
}

// Open opens the gate to those that wait and to all that come later. A check defers it, or a handler
// that waits in vain for the others outlives the check.
//
//go:norace
func (g *Gate) Open() {
	g.mu.Lock()
	g.missing = 0
	g.opened.Broadcast()
	g.mu.Unlock()
}

// GatePeerReads sends the peer to g: the next of its Reads that has got bytes arrives at g before it
// returns them. Later ones go on as ever. A Read that fails or finds the end of the input stays away
// from g and leaves it for the next. Deadlines and Close do not call back a Read that waits at a gate;
// Open does. A nil gate takes back the last call, if no Read has followed it.
//
// To let the handlers of several clients go on with the same command at once, make one gate, call
// GatePeerReads on each client's end, and then write the command on each.
//
//go:norace
func (c *Conn) GatePeerReads(g *Gate) {
	c.mu.Lock()
	c.out.gate = g
	c.mu.Unlock()
}

// HoldPeerWrites holds the peer's Writes: they deliver their bytes as before, but do not return. So a
// check can act on what the server has said before the server goes on. A Write that was held has
// succeeded, and returns so when ReleasePeerWrites is called, either end is closed or reset, or the
// Write's own deadline passes. Other Writes of the peer wait for their turn meanwhile, as they do
// behind one that the client does not drain.
//
// A server that greets its clients may have written before Dial returns: hold in [Listener.DialWith].
//
//go:norace
func (c *Conn) HoldPeerWrites() {
	c.mu.Lock()
	c.in.held = true
	c.mu.Unlock()
}

// ReleasePeerWrites lets the held Write of the peer return, and those that follow.
//
//go:norace
func (c *Conn) ReleasePeerWrites() {
	c.mu.Lock()
	c.in.held = false
	c.in.changed.Broadcast()
	c.mu.Unlock()
}
