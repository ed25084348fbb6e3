package sync

import (
	"sync"

	"lockstep/harness/perturb/engine"
	"lockstep/harness/steer"
)

// A Mutex is a [sync.Mutex] of which package engine knows who has it. The zero value is unlocked.
type Mutex struct {
	mu      sync.Mutex
	watched engine.Lock
}

// Lock is [sync.Mutex.Lock].
//
//go:norace
func (m *Mutex) Lock() {
	steer.Point(steer.Lock, 0, 0)
	if m.mu.TryLock() {
		m.watched.Has(false)
		return
	}
	m.watched.Waits(false)
	m.mu.Lock()
	m.watched.HasAfterWait(false)
}

// TryLock is [sync.Mutex.TryLock].
//
//go:norace
func (m *Mutex) TryLock() bool {
	steer.Point(steer.Lock, 0, 0)
	if !m.mu.TryLock() {
		return false
	}
	m.watched.HasByTrying(false)
	return true
}

// Unlock is [sync.Mutex.Unlock].
//
//go:norace
func (m *Mutex) Unlock() {
	m.watched.GivesBack(false)
	m.mu.Unlock()
}
