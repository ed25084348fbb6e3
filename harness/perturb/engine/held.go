package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// A Holder is a goroutine that has a lock, and those that wait for it.
type Holder struct {
	Goroutine int          // 0 if nobody is known to have the lock
	At        stacks.Frame // where it took the lock
	Read      bool         // for reading
	Waiting   []Waiter
	Doing     string // what the goroutine is about: waits for its client to send, at append.go:52
}

// A Waiter is a goroutine that waits for a lock.
type Waiter struct {
	Goroutine int
	At        stacks.Frame
	Read      bool
}

// Held returns who has which lock now, those first for whom others wait. When a check finds
// everybody stalled, the texts say why.
func Held() []Holder {
	running := map[uint64]stacks.Goroutine{}
	holds, waits := copyOfHolds(), copyOfWaits()
	for _, g := range stacks.All() {
		running[uint64(g.ID)] = g
	}
	waiting := map[uint64][]Waiter{}
	for _, w := range waits {
		waiting[w.lock] = append(waiting[w.lock], Waiter{int(w.goroutine), w.at.frame(), w.read})
	}
	var all []Holder
	known := map[uint64]bool{}
	for _, h := range holds {
		known[h.lock] = true
		at := h.at.frame()
		all = append(all, Holder{int(h.goroutine), at, h.read, waiting[h.lock], doing(running[h.goroutine], at)})
	}
	for _, w := range waits {
		if !known[w.lock] {
			known[w.lock] = true
			all = append(all, Holder{Waiting: waiting[w.lock]})
		}
	}
	slices.SortStableFunc(all, func(a, b Holder) int { return len(b.Waiting) - len(a.Waiting) })
	return all
}

// doing says what a goroutine is about, in the package in which it took a lock.
func doing(g stacks.Goroutine, took stacks.Frame) string {
	if g.ID == 0 {
		return "has ended"
	}
	if at, ok := g.Innermost(stacks.In(packageOf(took.Func))); ok {
		return g.Doing() + ", at " + at.String()
	}
	return g.Doing()
}

// String tells who waits for whom: append.go:57 waits for the lock that append.go:40 took; that
// goroutine waits for its client to send, at append.go:52.
func (h Holder) String() string {
	waiters := h.waiters()
	switch {
	case h.Goroutine == 0:
		return waiters + " for a lock that nobody is known to have; a copy of a lock that was held when it was copied stays locked for ever"
	case waiters == "":
		return fmt.Sprintf("%s took a lock and has it still; that goroutine %s", h.At, h.Doing)
	}
	return fmt.Sprintf("%s for the lock that %s took; that goroutine %s", waiters, h.At, h.Doing)
}

// waiters names the places where others wait, in the order of the source: who came first is chance.
func (h Holder) waiters() string {
	count := map[stacks.Frame]int{}
	for _, w := range h.Waiting {
		count[stacks.Frame{File: w.At.File, Line: w.At.Line}]++
	}
	if len(count) == 0 {
		return ""
	}
	var places []string
	for _, at := range slices.SortedFunc(maps.Keys(count), stacks.Frame.Compare) {
		place := at.String()
		if count[at] > 1 {
			place = fmt.Sprintf("%s (%d goroutines)", at, count[at])
		}
		places = append(places, place)
	}
	verb := " waits"
	if len(h.Waiting) > 1 {
		verb = " wait"
	}
	return strings.Join(places, " and ") + verb
}
