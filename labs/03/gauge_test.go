package threaded_test

import "lockstep/harness/norace"

// A gauge counts how many goroutines are at once in a piece of the check's own code, such as the
// handler that a server calls. The race detector does not see that they share it. The zero value is
// ready.
type gauge struct {
	mu norace.Mutex

	// guarded by mu, in functions that the race detector passes over
	now, most int
}

// enter is for the beginning of that code.
//
//go:norace
func (g *gauge) enter() {
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	g.mu.Unlock()
}

// leave is for its end.
//
//go:norace
func (g *gauge) leave() {
	g.mu.Lock()
	g.now--
	g.mu.Unlock()
}

// count returns how many are in.
//
//go:norace
func (g *gauge) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

// highest returns how many were in at once at most.
//
//go:norace
func (g *gauge) highest() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.most
}
