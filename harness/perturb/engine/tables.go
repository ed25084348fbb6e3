package engine

import (
	"cmp"
	"slices"

	"lockstep/harness/norace"
)

// A hold says that a goroutine has a lock.
type hold struct {
	serial    uint64 // tells it from any other hold
	lock      uint64
	goroutine uint64
	read      bool
	old       bool // has been there since before the last Reset
	at        places
}

// A wait says that a goroutine wants a lock that it did not get at once.
type wait struct {
	lock      uint64
	goroutine uint64
	read      bool
	at        places
}

// An order says that a goroutine that had one lock wanted another.
type order struct {
	serial     uint64 // 0 where the table is empty
	held       uint64
	heldRead   bool
	heldAt     places
	wanted     uint64 // the same as held if a lock was read twice at once
	wantedRead bool
	wantedAt   places
	gates      gates
	goroutines [4]uint64 // some of those that did it, each once
	deadly     bool      // read twice at once, and written by another goroutine
}

// Gates are the locks that a goroutine held besides.
type gates struct {
	locks [6]uint64
	read  [6]bool
	n     int
}

// maxNested is how many locks a goroutine may hold and still be understood.
const maxNested = len(gates{}.locks) + 1

// The tables below are of fixed size, and are read and written in functions marked //go:norace
// only, without maps, append or copy: see package norace. What does not fit is not known.
var (
	tables norace.Mutex // guards all that follows

	lastLock, lastSerial uint64

	holds     [4096]hold
	holdCount int
	holdsLost int // as long as there are holds for which there was no room, no orders are learned

	waits     [4096]wait
	waitCount int

	orders [1024][4]order // by hash; when four share one, the newest stays
)

// add keeps the locks in order, so that equal gates are equal.
//
//go:norace
func (g *gates) add(lock uint64, read bool) {
	i := g.n
	for ; i > 0 && g.locks[i-1] > lock; i-- {
		g.locks[i], g.read[i] = g.locks[i-1], g.read[i-1]
	}
	g.locks[i], g.read[i] = lock, read
	g.n++
}

// learn puts o into the table, or its goroutine to the same order that is there. The caller holds
// tables.
//
//go:norace
func (o *order) learn(me uint64) {
	set := &orders[o.hash()%uint64(len(orders))]
	oldest := &set[0]
	for i := range set {
		known := &set[i]
		if known.serial < oldest.serial {
			oldest = known
		}
		if known.serial != 0 && known.same(o) {
			known.by(me)
			known.deadly = known.deadly || o.deadly
			return
		}
	}
	lastSerial++
	o.serial = lastSerial
	o.by(me)
	*oldest = *o
}

//go:norace
func (o *order) by(me uint64) {
	for i := range o.goroutines {
		if o.goroutines[i] == me {
			return
		}
		if o.goroutines[i] == 0 {
			o.goroutines[i] = me
			return
		}
	}
}

//go:norace
func (o *order) hash() uint64 {
	x := mix(o.held) ^ mix(o.wanted<<1) ^ mix(uint64(o.wantedAt[0]))
	return x ^ x>>32
}

//go:norace
func (o *order) same(p *order) bool {
	if o.held != p.held || o.heldRead != p.heldRead || o.wanted != p.wanted || o.wantedRead != p.wantedRead ||
		o.gates.n != p.gates.n {
		return false
	}
	for i := range o.heldAt {
		if o.heldAt[i] != p.heldAt[i] || o.wantedAt[i] != p.wantedAt[i] {
			return false
		}
	}
	for i := range o.gates.n {
		if o.gates.locks[i] != p.gates.locks[i] || o.gates.read[i] != p.gates.read[i] {
			return false
		}
	}
	return true
}

// forget takes a lock out of what has been learned. The caller holds tables.
//
//go:norace
func forget(lock uint64) {
	for i := range orders {
		for j := range orders[i] {
			if o := &orders[i][j]; o.held == lock || o.wanted == lock {
				*o = order{}
			}
		}
	}
}

// Reset begins anew, as at the start of a check: the seed's decisions, and what Misuses goes by. Who
// has which lock stays known.
//
//go:norace
func Reset() {
	for i := range statements {
		statements[i] = statement{}
	}
	adders = 0
	tables.Lock()
	for i := range orders {
		for j := range orders[i] {
			orders[i][j] = order{}
		}
	}
	for i := range holdCount {
		holds[i].old = true
	}
	tables.Unlock()
}

// copyOfHolds returns what is held, what was taken first first. Like the next two it does what a
// function marked //go:norace must not do.
func copyOfHolds() []hold {
	all := make([]hold, copyHolds(nil))
	all = all[:copyHolds(all)]
	slices.SortFunc(all, func(a, b hold) int { return cmp.Compare(a.serial, b.serial) })
	return all
}

func copyOfWaits() []wait {
	all := make([]wait, copyWaits(nil))
	return all[:copyWaits(all)]
}

func copyOfOrders() []order {
	all := make([]order, copyOrders(nil))
	all = all[:copyOrders(all)]
	slices.SortFunc(all, func(a, b order) int { return cmp.Compare(a.serial, b.serial) })
	return all
}

// copyHolds copies as many as there is room for; with nil, it tells how many there are. So do the next two.
//
//go:norace
func copyHolds(to []hold) int {
	tables.Lock()
	n := holdCount
	if to != nil {
		n = min(n, len(to))
		for i := range n {
			to[i] = holds[i]
		}
	}
	tables.Unlock()
	return n
}

//go:norace
func copyWaits(to []wait) int {
	tables.Lock()
	n := waitCount
	if to != nil {
		n = min(n, len(to))
		for i := range n {
			to[i] = waits[i]
		}
	}
	tables.Unlock()
	return n
}

//go:norace
func copyOrders(to []order) int {
	tables.Lock()
	n := 0
	for i := range orders {
		for j := range orders[i] {
			if orders[i][j].serial != 0 && (to == nil || n < len(to)) {
				if to != nil {
					to[n] = orders[i][j]
				}
				n++
			}
		}
	}
	tables.Unlock()
	return n
}
