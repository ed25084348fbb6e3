package engine

import (
	"runtime"
	"unsafe"

	"lockstep/harness/steer"
)

// A Lock is what a lock of package sync carries with it so that the engine knows it again. The zero
// value belongs to a lock that has not been used. Its methods are called by the goroutine that they
// are about, around what the lock itself does.
//
// An address would not do for a name: memory is used again, and what was once learned of a lock
// that is gone would be held against another. The number is given at the first use, together with
// the address, which shows whether this is a copy: a lock of its own that must not pass for the
// original.
type Lock struct {
	number  uint64
	address uintptr
	writer  uint64 // the goroutine that has locked it for writing, or severalGoroutines
	reread  bool   // a goroutine has locked it for reading twice at once
	signal  bool   // one goroutine locks it and another unlocks it; nothing is said of such a lock
}

const severalGoroutines = ^uint64(0)

// Waits is called before the calling goroutine waits for the lock.
//
//go:norace
func (l *Lock) Waits(read bool) {
	me := goroutine()
	var at places
	runtime.Callers(3, at[:])
	tables.Lock()
	l.identify()
	steer.Mark(steer.Wants, l.number, kind(read))
	if !l.signal {
		l.learnOrders(me, read, at)
		if waitCount < len(waits) {
			waits[waitCount] = wait{lock: l.number, goroutine: me, read: read, at: at}
			waitCount++
		}
	}
	tables.Unlock()
}

// Has is called when the calling goroutine has got the lock without waiting.
//
//go:norace
func (l *Lock) Has(read bool) {
	var at places
	runtime.Callers(3, at[:])
	l.has(read, at, atOnce)
}

// HasAfterWait is called when the calling goroutine has got the lock for which it waited.
//
//go:norace
func (l *Lock) HasAfterWait(read bool) {
	var at places
	runtime.Callers(3, at[:])
	l.has(read, at, afterWait)
}

// HasByTrying is called when TryLock was successful. Who only tries never waits for ever, so that
// nothing follows for the order of locks.
//
//go:norace
func (l *Lock) HasByTrying(read bool) {
	var at places
	runtime.Callers(3, at[:])
	l.has(read, at, byTrying)
}

// A way is how a goroutine got a lock.
type way int

const (
	atOnce way = iota
	afterWait
	byTrying
)

//go:norace
func (l *Lock) has(read bool, at places, how way) {
	me := goroutine()
	tables.Lock()
	defer tables.Unlock()
	l.identify()
	if how == afterWait {
		l.waitIsOver(me)
	}
	steer.Mark(steer.Has, l.number, kind(read))
	if l.signal {
		return
	}
	if how == atOnce {
		l.learnOrders(me, read, at)
	}
	if !read {
		l.learnWriter(me)
	}
	if holdCount == len(holds) {
		holdsLost++
		return
	}
	lastSerial++
	holds[holdCount] = hold{serial: lastSerial, lock: l.number, goroutine: me, read: read, at: at}
	holdCount++
}

// waitIsOver takes the calling goroutine out of those that wait. The caller holds tables.
//
//go:norace
func (l *Lock) waitIsOver(me uint64) {
	for i := range waitCount {
		if waits[i].lock == l.number && waits[i].goroutine == me {
			waitCount--
			waits[i] = waits[waitCount]
			return
		}
	}
}

// kind is what a recording says of a lock that is asked for so.
//
//go:norace
func kind(read bool) uint64 {
	if read {
		return 1
	}
	return 0
}

// GivesBack is called before the calling goroutine unlocks the lock.
//
//go:norace
func (l *Lock) GivesBack(read bool) {
	me := goroutine()
	tables.Lock()
	steer.Mark(steer.Gives, l.number, kind(read))
	found := -1
	for i := holdCount - 1; i >= 0; i-- {
		if holds[i].lock == l.number && holds[i].read == read {
			found = i
			if holds[i].goroutine == me {
				break
			}
		}
	}
	switch {
	case found >= 0:
		if holds[found].goroutine != me {
			l.signal = true
			forget(l.number)
		}
		holdCount--
		holds[found] = holds[holdCount]
	case holdsLost > 0 && !l.signal:
		holdsLost--
	}
	tables.Unlock()
}

// identify gives a number to a lock that is new, or a copy. The caller holds tables.
//
//go:norace
func (l *Lock) identify() {
	address := uintptr(unsafe.Pointer(l))
	if l.number == 0 || l.address != address {
		lastLock++
		*l = Lock{number: lastLock, address: address}
	}
}

// learnOrders notes that a goroutine wants l while it has what it has. The caller holds tables.
//
//go:norace
func (l *Lock) learnOrders(me uint64, read bool, at places) {
	if holdsLost > 0 {
		return
	}
	var mine [maxNested]int
	n := 0
	for i := range holdCount {
		if holds[i].goroutine != me {
			continue
		}
		if n == len(mine) {
			return
		}
		mine[n] = i
		n++
	}
	for i := range n {
		h := &holds[mine[i]]
		o := order{held: h.lock, heldRead: h.read, heldAt: h.at, wanted: l.number, wantedRead: read, wantedAt: at}
		if h.lock == l.number {
			if !read || !h.read {
				continue // it is going to wait for itself, which shows in the tables
			}
			l.reread = true
			o.deadly = l.writer != 0 && l.writer != me
		}
		for j := range n {
			if g := &holds[mine[j]]; g.lock != h.lock && g.lock != l.number {
				o.gates.add(g.lock, g.read)
			}
		}
		o.learn(me)
	}
}

// learnWriter notes that a goroutine has locked l for writing. The caller holds tables.
//
//go:norace
func (l *Lock) learnWriter(me uint64) {
	switch l.writer {
	case me, severalGoroutines:
		return
	case 0:
		l.writer = me
	default:
		l.writer = severalGoroutines
	}
	if !l.reread {
		return
	}
	for i := range orders {
		for j := range orders[i] {
			if o := &orders[i][j]; o.held == l.number && o.wanted == l.number && o.goroutines[0] != l.writer {
				o.deadly = true
			}
		}
	}
}
