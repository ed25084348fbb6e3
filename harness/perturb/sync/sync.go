// Package sync, beside the student's code, takes the place of the standard library's sync in the files of a student whose
// server is graded. It has the same names, with the same behaviour, and tells package engine who has
// which lock.
//
// # Contract
//
// Nothing here orders anything that the standard library does not order: each lock is one of its
// locks, called in the same situations, and the race detector sees the same happens-before edges.
// What is kept about locks is hidden from it. Zero values are ready, copies behave as copies of the
// originals do, go vet's copylocks sees them, and misuse ends the program with the same words.
//
// # Limits
//
// A *sync.Mutex, *sync.RWMutex or *sync.WaitGroup that a student hands to a package which is not
// rewritten does not fit there; a [Locker] does, and so does all else, which is the standard
// library's own. No lab asks for it, and nothing in the standard library does.
//
// The locks are larger, and two that were used do not compare equal.
package sync

import "sync"

// These are the standard library's own.
type (
	Cond   = sync.Cond
	Locker = sync.Locker
	Map    = sync.Map
	Once   = sync.Once
	Pool   = sync.Pool
)

// NewCond is [sync.NewCond].
func NewCond(l Locker) *Cond { return sync.NewCond(l) }

// OnceFunc is [sync.OnceFunc].
func OnceFunc(f func()) func() { return sync.OnceFunc(f) }

// OnceValue is [sync.OnceValue].
func OnceValue[T any](f func() T) func() T { return sync.OnceValue(f) }

// OnceValues is [sync.OnceValues].
func OnceValues[T1, T2 any](f func() (T1, T2)) func() (T1, T2) { return sync.OnceValues(f) }
