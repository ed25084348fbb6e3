package memnet

import "lockstep/harness/norace"

// A Barrier holds up goroutines until a given number of them has arrived, so that what they do next is
// done by all of them at once. Like the rest of this package it leaves no happens-before edge between
// them. NewBarrier makes one.
type Barrier struct {
	mu      norace.Mutex
	missing int          // arrivals until the barrier opens; guarded by mu
	opened  *norace.Cond // broadcast when missing falls to 0
}

// NewBarrier returns a barrier that opens when n goroutines have arrived, and stays open.
//
//go:norace
func NewBarrier(n int) *Barrier {
	b := &Barrier{missing: n}
	b.opened = norace.NewCond(&b.mu)
	return b
}

// Arrive waits until the barrier is open.
//
//go:norace
func (b *Barrier) Arrive() {
	b.mu.Lock()
	b.missing--
	if b.missing == 0 {
		b.opened.Broadcast()
	}
	for b.missing > 0 {
		b.opened.Wait()
	}
	b.mu.Unlock()
}

// Open opens the barrier to those that wait and to all that come later. A check defers it, or a handler
// that waits in vain for the others outlives the check.
//
//go:norace
func (b *Barrier) Open() {
	b.mu.Lock()
	b.missing = 0
	b.opened.Broadcast()
	b.mu.Unlock()
}

// HoldPeerReads sends the peer to b: the next of its Reads that has got bytes arrives at b before it
// returns them. Later ones go on as ever. A Read that fails or finds the end of the input stays away
// from b and leaves it for the next. Deadlines and Close do not call back a Read that waits at a barrier;
// Open does. A nil barrier takes back the last call, if no Read has followed it.
//
// To let the handlers of several clients go on with the same command at once, make one barrier, call
// HoldPeerReads on each client's end, and then write the command on each.
//
//go:norace
func (c *Conn) HoldPeerReads(b *Barrier) {
	c.mu.Lock()
	c.out.barrier = b
	c.mu.Unlock()
}

// HoldPeerWrites holds the peer's Writes: they deliver their bytes as before, but do not return. So a
// check can act on what the server has said before the server goes on. A Write that was held has
// succeeded, and returns so when ReleasePeerWrites is called, either end is closed or reset, or the
// Write's own deadline passes. Other Writes of the peer wait for their turn meanwhile, as they do
// behind one that the client does not drain.
//
// A server that greets its clients may have written before Dial returns: hold in [Dialer].
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
