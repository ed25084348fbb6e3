package server

import (
	"errors"
	"sync"
)

// A Bank takes several locks at once.
type Bank struct {
	users, log sync.Mutex
	n          int // guarded by both
}

// UsersThenLog takes its locks in the one order,
func (b *Bank) UsersThenLog() {
	b.users.Lock()
	defer b.users.Unlock()
	b.log.Lock()
	defer b.log.Unlock()
	b.n++
}

// LogThenUsers in the other.
func (b *Bank) LogThenUsers() {
	b.log.Lock()
	defer b.log.Unlock()
	b.users.Lock()
	defer b.users.Unlock()
	b.n++
}

var errFull = errors.New("full")

// KeepLock forgets the lock where it gives up.
func (b *Bank) KeepLock() error {
	b.users.Lock()
	if b.n == 0 {
		return errFull
	}
	b.users.Unlock()
	return nil
}

// GiveLockBack is KeepLock without the mistake.
func (b *Bank) GiveLockBack() error {
	b.users.Lock()
	defer b.users.Unlock()
	if b.n == 0 {
		return errFull
	}
	return nil
}

// CountTwice calls a method that takes the lock which it has.
func (b *Bank) CountTwice() int {
	b.users.Lock()
	defer b.users.Unlock()
	return b.n + b.Count()
}

// CountOnce is CountTwice without the mistake.
func (b *Bank) CountOnce() int {
	return b.Count() + b.Count()
}

// Count takes the lock.
func (b *Bank) Count() int {
	b.users.Lock()
	defer b.users.Unlock()
	return b.n
}

// Unrelated has two goroutines that take their turns in a way that the detector does not see. Each
// uses a lock of its own around what both do without a lock.
func Unrelated(await func(turn int)) {
	var first, second sync.Mutex
	var rw1, rw2 sync.RWMutex
	n := 0
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		first.Lock()
		first.Unlock()
		rw1.RLock()
		n++
		rw1.RUnlock()
		first.Lock()
		first.Unlock()
		await(1)
	}()
	go func() {
		defer both.Done()
		await(2)
		second.Lock()
		second.Unlock()
		rw2.Lock()
		n++
		rw2.Unlock()
		second.Lock()
		second.Unlock()
	}()
	both.Wait()
}
