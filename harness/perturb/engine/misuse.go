package engine

import (
	"fmt"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// A Kind is what sort of mistake a [Misuse] is.
type Kind string

const (
	Inversion    Kind = "inversion"     // locks are taken in one order here and in another there
	SelfDeadlock Kind = "self-deadlock" // a goroutine waits for a lock that it has itself
	HeldAtEnd    Kind = "held-at-end"   // a goroutine has ended and still has a lock
)

// A Misuse is a mistake in how locks are used. It did not have to do harm to be found.
type Misuse struct {
	Kind Kind
	At   []stacks.Frame // the lines that it is about, in the order of Text
	Text string         // for people: no line break, no full stop
}

// Misuses returns what is wrong by what has happened since the last [Reset], each mistake once. It
// is meant for the end of a check, when the server has come to rest or does not move any more, and
// stops the world for a moment.
func Misuses() []Misuse {
	before := copyOfHolds()
	alive := map[uint64]bool{}
	if len(before) > 0 {
		for _, g := range stacks.All() {
			alive[uint64(g.ID)] = true
		}
	}
	after, waits := copyOfHolds(), copyOfWaits()
	orders := copyOfOrders()

	names := newNames()
	var all []Misuse
	for _, c := range circles(orders) {
		all = append(all, inversion(c, names))
	}
	for _, o := range orders {
		if o.deadly {
			all = append(all, readTwice(o, names))
		}
	}
	for _, h := range after {
		if h.old {
			continue
		}
		for _, w := range waits {
			if w.lock == h.lock && w.goroutine == h.goroutine {
				all = append(all, waitsForItself(h, w, names))
			}
		}
		// A goroutine that took the lock before the picture was taken, and is not in it, has ended.
		if !alive[h.goroutine] && slices.ContainsFunc(before, func(b hold) bool { return b.serial == h.serial }) {
			all = append(all, heldAtEnd(h, names))
		}
	}
	told := map[string]bool{}
	return slices.DeleteFunc(all, func(m Misuse) bool {
		key := m.key()
		again := told[key]
		told[key] = true
		return again
	})
}

// key is the same for misuses about the same lines: two clients that are each other's mirror image
// make one mistake.
func (m Misuse) key() string {
	var lines []string
	for _, at := range m.At {
		lines = append(lines, fmt.Sprintf("%s:%d", at.File, at.Line))
	}
	slices.Sort(lines)
	return string(m.Kind) + " " + strings.Join(lines, " ")
}

func inversion(circle []order, names *names) Misuse {
	m := Misuse{Kind: Inversion}
	var steps []string
	for _, o := range circle {
		held, wanted := o.heldAt.frame(), o.wantedAt.frame()
		m.At = append(m.At, held, wanted)
		steps = append(steps, fmt.Sprintf("%s takes %s while holding %s (locked at %s)",
			wanted, names.of(o.wanted, wanted), names.of(o.held, held), held))
	}
	n := "two"
	if len(circle) > 2 {
		n = fmt.Sprint(len(circle))
	}
	if sameLines(m.At) {
		m.Text = fmt.Sprintf("lock order: %s; another time it was the same locks the other way round. "+
			"If %s goroutines do this at the same time, each with the lock that another wants, they wait for each other for ever", steps[0], n)
	} else {
		m.Text = fmt.Sprintf("lock order: %s. If %s goroutines do this at the same time, they wait for each other for ever",
			strings.Join(steps, "; elsewhere "), n)
	}
	return m
}

// sameLines tells whether every step of a circle was taken by the same two lines.
func sameLines(at []stacks.Frame) bool {
	for i := range at {
		if at[i].File != at[i%2].File || at[i].Line != at[i%2].Line {
			return false
		}
	}
	return true
}

func readTwice(o order, names *names) Misuse {
	first, second := o.heldAt.frame(), o.wantedAt.frame()
	return Misuse{SelfDeadlock, []stacks.Frame{first, second},
		fmt.Sprintf("%s locks %s for reading once more, which its own goroutine has for reading since %s. "+
			"If another goroutine asks for writing in between, both wait for ever", second, names.of(o.held, first), first)}
}

func waitsForItself(h hold, w wait, names *names) Misuse {
	took, waits := h.at.frame(), w.at.frame()
	return Misuse{SelfDeadlock, []stacks.Frame{took, waits},
		fmt.Sprintf("%s waits for %s, which its own goroutine took at %s and has not given back: it waits for itself, for ever",
			waits, names.of(h.lock, took), took)}
}

func heldAtEnd(h hold, names *names) Misuse {
	took := h.at.frame()
	return Misuse{HeldAtEnd, []stacks.Frame{took},
		fmt.Sprintf("%s took %s, and its goroutine has ended without giving it back: whoever wants it next waits for ever",
			took, names.of(h.lock, took))}
}
