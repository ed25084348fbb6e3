package engine

import (
	"runtime"
	"strconv"
	"time"

	"lockstep/harness/norace"
	"lockstep/harness/startenv"
	"lockstep/harness/steer"
)

// seed is a decimal number. Without one, or with 0, nothing is disturbed.
var seed = parseSeed(startenv.Seed.Value()) // never changes

func parseSeed(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

const (
	eager    = 256                   // visits of a statement before disturbances become rare
	patience = 64                    // turns that a goroutine gives away to meet another
	moment   = 50 * time.Microsecond // and for how long, where turns are short because no one takes them
	restless = 1024                  // but no more turns; the time of a testing/synctest bubble stands still
	hope     = 4                     // vain waits in a row after which a statement's prospects get no worse
	late     = 8192                  // turns that a WaitGroup gives away before it adds, and who starts a goroutine, at first
	hurried  = 256                   // and in the end
)

// A statement is what Y knows of one statement. Goroutines race on it, which costs a count now and
// then, and hurts nobody.
type statement struct {
	visits uint32 // how often it was reached
	misses uint32 // how often in a row a goroutine waited here for another in vain
}

// statements are found by the number of the statement in its file; two files share them.
var statements [1 << 12]statement

// Y stands before each statement of a rewritten file; site is the statement's number in its file.
// What it does is decided by the seed, the site and how often the site was reached, and by whether
// it was worth while here.
//
//go:norace
func Y(site uint32) {
	if steer.On() {
		at(steer.Statement, site)
		return
	}
	if seed == 0 {
		return
	}
	s := &statements[site%uint32(len(statements))]
	s.visits++
	visit := s.visits
	switch choose(seed, site, visit, s.misses) {
	case stepAside:
		runtime.Gosched()
	case meet:
		start := time.Now()
		for turn := range restless {
			if turn >= patience && time.Since(start) >= moment {
				break
			}
			runtime.Gosched()
			if s.visits != visit {
				s.misses = 0
				return
			}
		}
		s.misses++
	}
}

// L stands for Y before a statement of which no other goroutine can see anything: a schedule has no point there.
//
//go:norace
func L(site uint32) {
	if steer.On() {
		at(steer.Local, site)
		return
	}
	Y(site)
}

// operations is a statement's number that no statement has: all operations of package atomic share it.
const operations = 0

// Operation stands before an operation that is a step of its own wherever it is in a statement, such as those of sync/atomic.
//
//go:norace
func Operation() {
	if steer.On() {
		steer.Point(steer.Atomic, 0, 0)
		return
	}
	Y(operations)
}

// raced is how many races have been reported under the schedule that runs.
var raced int

// at tells the schedule that the calling goroutine has come to a statement.
//
//go:norace
func at(k steer.Kind, site uint32) {
	if n := norace.Errors(); n != raced {
		raced = n
		steer.Mark(steer.Raced, 0, 0)
	}
	if k == steer.Local {
		steer.Pass(k, uint64(site), 0)
	} else {
		steer.Point(k, uint64(site), 0)
	}
}

// Started stands for Y before a statement that follows the start of a goroutine. What the one does that
// has started it the other may rely on already, so that it is given a head start; less and less of one, the more often the
// statement is reached.
//
//go:norace
func Started(site uint32) {
	if steer.On() {
		at(steer.Statement, site)
		return
	}
	if seed == 0 {
		return
	}
	s := &statements[site%uint32(len(statements))]
	s.visits++
	for range max(late>>(s.visits/4), hurried) {
		runtime.Gosched()
	}
}

// An action is what Y does.
type action int

const (
	pass      action = iota // nothing
	stepAside               // lets another goroutine go first
	meet                    // waits a while for another goroutine to come to the same statement
)

// choose is certain for the same arguments. Two goroutines that leave one statement at the same
// time have the best prospects of a race in what follows, so that meeting is what is tried most,
// until nobody comes. The longer a program runs the less it is held up.
func choose(seed uint64, site, visit, misses uint32) action {
	x := mix(seed ^ mix(uint64(site)<<32|uint64(visit)))
	if visit > eager && x>>48*uint64(visit)>>16 >= eager {
		return pass
	}
	switch {
	case x>>16&0xffff < 0x10000*3/4>>min(misses, hope):
		return meet
	case x&7 < 3:
		return stepAside
	}
	return pass
}

// mix spreads the bits of x (the end of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// A Group is what a WaitGroup carries with it. The zero value is ready.
type Group struct{ adder uint64 } // the goroutine that was the last to add

// adders counts how often a WaitGroup was added to by another goroutine than before. Goroutines race
// on it, as on statements.
var adders uint32

// Adds is called before the calling goroutine adds to the count. One that has not done so before
// might be the very one that is to be waited for: it is held up until Wait has overtaken it, if that
// is possible at all. A server that adds where it accepts pays once, and one that has a WaitGroup
// for each client less and less.
//
//go:norace
func (g *Group) Adds() {
	if steer.On() {
		steer.Point(steer.Adds, 0, 0)
		return
	}
	me := goroutine()
	if seed == 0 || g.adder == me {
		return
	}
	g.adder = me
	turns := max(late>>(adders/4), hurried)
	adders++
	for range turns {
		runtime.Gosched()
	}
}
