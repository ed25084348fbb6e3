package norace_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/norace"
)

// A counter is the one in the package's documentation.
type counter struct {
	mu norace.Mutex
	n  int // guarded by mu
}

//go:norace
func (c *counter) add() { c.mu.Lock(); c.n++; c.mu.Unlock() }

func TestMutexExcludes(t *testing.T) {
	const goroutines, times = 8, 1000
	var c counter
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for range times {
				c.add()
			}
		})
	}
	group.Wait()
	assert.Equal(t, goroutines*times, c.n)
}

// A turnstile lets goroutines through in the order of their numbers.
type turnstile struct {
	mu      norace.Mutex
	changed *norace.Cond
	next    int // guarded by mu
}

func newTurnstile() *turnstile {
	s := new(turnstile)
	s.changed = norace.NewCond(&s.mu)
	return s
}

//go:norace
func (s *turnstile) await(n int) {
	s.mu.Lock()
	for s.next != n {
		s.changed.Wait()
	}
	s.mu.Unlock()
}

//go:norace
func (s *turnstile) advance() {
	s.mu.Lock()
	s.next++
	s.changed.Broadcast()
	s.mu.Unlock()
}

func TestCondWakesEveryGoroutineThatWaits(t *testing.T) {
	const goroutines = 20
	s := newTurnstile()
	var group sync.WaitGroup
	for i := range goroutines {
		group.Go(func() {
			s.await(goroutines - i)
			s.advance()
		})
	}
	s.await(0)
	s.advance()
	group.Wait() // nobody is forgotten
	s.await(goroutines + 1)
}
