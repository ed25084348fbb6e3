package labtest

import "lockstep/harness/norace"

// A Gauge counts how many goroutines are at once in a piece of the check's own code, such as the
// handler that a server calls. The race detector does not see that they share it. The zero value is
// ready.
type Gauge struct {
	mu norace.Mutex

	// guarded by mu, in functions that the race detector passes over
	now, most int
}

// Enter is for the beginning of that code.
//
//go:norace
func (g *Gauge) Enter() {
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	g.mu.Unlock()
}

// Leave is for its end.
//
//go:norace
func (g *Gauge) Leave() {
	g.mu.Lock()
	g.now--
	g.mu.Unlock()
}

// Now returns how many are in.
//
//go:norace
func (g *Gauge) Now() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

// Most returns how many were in at once at most.
//
//go:norace
func (g *Gauge) Most() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.most
}
