package terminal

import (
	"lockstep/harness/norace"
	"lockstep/harness/stacks"
)

// maxScreen is how many bytes a check can have printed.
const maxScreen = 1 << 20

// A Screen is what a program prints on. It is for one goroutine at a time, as most writers are; the
// race detector sees when it is used by two, and does not see an order that the program has not made.
type Screen struct {
	written bool // by each Write, with no lock: here the detector sees two

	mu      norace.Mutex
	changed *norace.Cond // held was set to false

	// guarded by mu, in functions that the race detector passes over
	data  []byte // never longer than maxScreen
	torn  int    // where the first Write ended that did not end a line; 0 if there was none
	now   int    // Writes that have not returned
	most  int    // the same, at most
	held  bool
	after int // where the program's business ended here, for it has returned; -1 before
}

func newScreen() *Screen {
	s := &Screen{after: -1}
	s.changed = norace.NewCond(&s.mu)
	return s
}

func init() { stacks.Means((*Screen).Write, "waits for the screen") }

// Write is for the program under test.
func (s *Screen) Write(p []byte) (int, error) {
	s.written = true
	norace.Reads(p)
	return s.write(p)
}

//go:norace
func (s *Screen) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now++
	s.most = max(s.most, s.now)
	p = p[:min(len(p), maxScreen-len(s.data))] // nobody reads more
	s.data = norace.Append(s.data, p)
	if s.torn == 0 && len(p) > 0 && p[len(p)-1] != '\n' {
		s.torn = len(s.data)
	}
	for s.held {
		s.changed.Wait()
	}
	s.now--
	return len(p), nil
}

// hold makes Writes wait until the screen is released, when their bytes are there.
//
//go:norace
func (s *Screen) hold() {
	s.mu.Lock()
	s.held = true
	s.mu.Unlock()
}

//go:norace
func (s *Screen) release() {
	s.mu.Lock()
	s.held = false
	s.changed.Broadcast()
	s.mu.Unlock()
}

// end is called when the program has returned.
//
//go:norace
func (s *Screen) end() {
	s.mu.Lock()
	s.after = len(s.data)
	s.mu.Unlock()
}

// read returns what was written behind the first n bytes.
//
//go:norace
func (s *Screen) read(n int) []byte {
	s.mu.Lock()
	data := make([]byte, len(s.data)-n)
	norace.Copy(data, s.data[n:])
	s.mu.Unlock()
	return data
}

//go:norace
func (s *Screen) overlapped() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.most > 1 }

//go:norace
func (s *Screen) firstTorn() int { s.mu.Lock(); defer s.mu.Unlock(); return s.torn }

//go:norace
func (s *Screen) returned() int { s.mu.Lock(); defer s.mu.Unlock(); return s.after }
