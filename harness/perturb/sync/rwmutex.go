package sync

import (
	"sync"

	"lockstep/harness/perturb/engine"
	"lockstep/harness/steer"
)

// A RWMutex is a [sync.RWMutex] of which package engine knows who has it. The zero value is unlocked.
type RWMutex struct {
	mu      sync.RWMutex
	watched engine.Lock
}

// Lock is [sync.RWMutex.Lock].
//
//go:norace
func (rw *RWMutex) Lock() {
	steer.Point(steer.Lock, 0, 0)
	if rw.mu.TryLock() {
		rw.watched.Has(false)
		return
	}
	rw.watched.Waits(false)
	rw.mu.Lock()
	rw.watched.HasAfterWait(false)
}

// TryLock is [sync.RWMutex.TryLock].
//
//go:norace
func (rw *RWMutex) TryLock() bool {
	steer.Point(steer.Lock, 0, 0)
	if !rw.mu.TryLock() {
		return false
	}
	rw.watched.HasByTrying(false)
	return true
}

// Unlock is [sync.RWMutex.Unlock].
//
//go:norace
func (rw *RWMutex) Unlock() {
	rw.watched.GivesBack(false)
	rw.mu.Unlock()
}

// RLock is [sync.RWMutex.RLock].
//
//go:norace
func (rw *RWMutex) RLock() {
	steer.Point(steer.Lock, 0, 0)
	if rw.mu.TryRLock() {
		rw.watched.Has(true)
		return
	}
	rw.watched.Waits(true)
	rw.mu.RLock()
	rw.watched.HasAfterWait(true)
}

// TryRLock is [sync.RWMutex.TryRLock].
//
//go:norace
func (rw *RWMutex) TryRLock() bool {
	steer.Point(steer.Lock, 0, 0)
	if !rw.mu.TryRLock() {
		return false
	}
	rw.watched.HasByTrying(true)
	return true
}

// RUnlock is [sync.RWMutex.RUnlock].
//
//go:norace
func (rw *RWMutex) RUnlock() {
	rw.watched.GivesBack(true)
	rw.mu.RUnlock()
}

// RLocker is [sync.RWMutex.RLocker].
//
//go:norace
func (rw *RWMutex) RLocker() Locker { return (*rlocker)(rw) }

type rlocker RWMutex

//go:norace
func (r *rlocker) Lock() { (*RWMutex)(r).RLock() }

//go:norace
func (r *rlocker) Unlock() { (*RWMutex)(r).RUnlock() }
