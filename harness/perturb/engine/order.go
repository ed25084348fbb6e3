package engine

import "slices"

const (
	maxCircle = 6       // goroutines in one circle of waiting
	maxSteps  = 100_000 // of the search; what it does not find by then is not reported
)

// circles finds goroutines that could wait for each other in a circle: each has the lock that the
// one before it wants. Nobody needs to have waited yet. Left out are circles that cannot close: if
// one goroutine would have to be in two places, if two of them hold a common lock (which lets only
// one at a time begin), and if a lock is wanted for reading by one and held for reading by the other.
func circles(all []order) [][]order {
	s := &search{byHeld: map[uint64][]order{}}
	for _, o := range all {
		s.byHeld[o.held] = append(s.byHeld[o.held], o)
	}
	for _, o := range all {
		if o.held < o.wanted {
			s.extend([]order{o})
		}
	}
	return s.found
}

type search struct {
	byHeld map[uint64][]order
	steps  int
	found  [][]order
}

// extend looks for all circles that begin with path. To meet each once, the lock that the first of
// path holds is the oldest of the circle.
func (s *search) extend(path []order) {
	first, last := path[0], path[len(path)-1]
	for _, next := range s.byHeld[last.wanted] {
		s.steps++
		if s.steps > maxSteps {
			return
		}
		if next.wanted < first.held || next.held == next.wanted || last.wantedRead && next.heldRead || excluded(path, next) {
			continue
		}
		longer := append(slices.Clip(path), next)
		switch {
		case next.wanted == first.held:
			if !(next.wantedRead && first.heldRead) && differentGoroutines(longer, nil) {
				s.found = append(s.found, longer)
			}
		case len(longer) < maxCircle:
			s.extend(longer)
		}
	}
}

// excluded tells whether next cannot be under way together with all of path.
func excluded(path []order, next order) bool {
	return slices.ContainsFunc(path, func(o order) bool { return o.held == next.held || haveCommonLock(o, next) })
}

// haveCommonLock tells whether what is held during a keeps b from being under way.
func haveCommonLock(a, b order) bool {
	for lock, read := range a.locks() {
		for other, otherRead := range b.locks() {
			if lock == other && !(read && otherRead) {
				return true
			}
		}
	}
	return false
}

// locks are all that is held when the wanted lock is asked for.
func (o *order) locks() func(yield func(lock uint64, read bool) bool) {
	return func(yield func(uint64, bool) bool) {
		if !yield(o.held, o.heldRead) {
			return
		}
		for i := range o.gates.n {
			if !yield(o.gates.locks[i], o.gates.read[i]) {
				return
			}
		}
	}
}

// differentGoroutines tells whether each order can be given a goroutine that is known to have
// followed it, and that none of the others is given.
func differentGoroutines(path []order, given []uint64) bool {
	if len(path) == 0 {
		return true
	}
	for _, g := range path[0].goroutines {
		if g != 0 && !slices.Contains(given, g) && differentGoroutines(path[1:], append(slices.Clip(given), g)) {
			return true
		}
	}
	return false
}
