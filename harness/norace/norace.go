// Package norace, beside the student's code, lets harness code stand between two goroutines of a student's server without the
// race detector taking it for an order between them.
//
// A recorder with an ordinary mutex, called by two handlers, makes the first handler's work happen
// before the second's: the detector then holds every unlocked access of the student for ordered,
// and says nothing. A [Mutex] of this package excludes like any other and leaves no edge:
//
//	type counter struct {
//		mu norace.Mutex
//		n  int // guarded by mu
//	}
//
//	//go:norace
//	func (c *counter) add() { c.mu.Lock(); c.n++; c.mu.Unlock() }
//
// What the mutex guards is invisible only to functions marked //go:norace, and only as long as they
// do not call into the runtime's own instrumentation: no maps, no append that grows, no channel, no
// conversion between string and []byte, no closure, no fmt. Tables of fixed size do.
// Where the detector is off, all of this is plain sync.
package norace

import (
	"sync"

	"lockstep/harness/startenv"
)

// off is set in processes that measure what a grader without this package would see: its mutexes then order like any other.
var off = startenv.Plain.Set()

// Off tells whether this package is turned off.
func Off() bool { return off }

// A Mutex is a mutual exclusion lock that creates no happens-before edge. From Lock to Unlock the
// calling goroutine's other synchronisation is invisible too. The zero value is unlocked.
type Mutex struct{ mu sync.Mutex }

//go:norace
func (m *Mutex) Lock() { Begin(); m.mu.Lock() }

//go:norace
func (m *Mutex) Unlock() { m.mu.Unlock(); End() }

// A Cond is a condition variable over a [Mutex]. NewCond makes one.
type Cond struct{ c sync.Cond }

// NewCond returns a condition variable whose Wait releases m.
//
//go:norace
func NewCond(m *Mutex) *Cond {
	return &Cond{c: sync.Cond{L: &m.mu}}
}

// Wait releases the mutex, waits for Broadcast and locks it again. The caller holds the mutex, and
// tests its condition in a loop.
//
//go:norace
func (c *Cond) Wait() { c.c.Wait() }

// Broadcast wakes all that wait. The caller holds the mutex.
//
//go:norace
func (c *Cond) Broadcast() { c.c.Broadcast() }

// Copy is copy, without the runtime's telling the race detector. It copies as much as both hold.
//
//go:norace
func Copy(to, from []byte) {
	for i := range min(len(to), len(from)) {
		to[i] = from[i]
	}
}

// Append is append, without the runtime's telling the race detector.
//
//go:norace
func Append(to, from []byte) []byte {
	n := len(to) + len(from)
	if n > cap(to) {
		grown := make([]byte, len(to), max(4096, 2*n))
		Copy(grown, to)
		to = grown
	}
	Copy(to[len(to):n], from)
	return to[:n]
}
