package await

import (
	"time"

	"lockstep/harness/stacks"
	"lockstep/harness/steer"
)

// residents are the functions in which a goroutine sits in a system call for the process's whole life.
var residents = map[string]bool{
	"os/signal.loop": true, // unexported, so by its name
}

// Resident tells that a goroutine which was started with f is never busy: it sits in a system call for as
// long as the process lives, as one does that reads the standard input of a process whose parent ends it
// that way. It is for the init functions of the package that f belongs to, and panics as [stacks.NameOf]
// does.
func Resident(f any) { residents[stacks.NameOf(f)] = true }

// resident tells whether a goroutine was started with one of the residents.
func resident(g stacks.Goroutine) bool {
	return len(g.Frames) > 0 && residents[g.Frames[len(g.Frames)-1].Func]
}

// Busy returns the goroutines other than the caller's that are about to do something.
func Busy() []stacks.Goroutine {
	var busy []stacks.Goroutine
	for _, g := range stacks.All()[1:] {
		if !g.Waits() && !resident(g) {
			busy = append(busy, g)
		}
	}
	return busy
}

// Idle returns when every goroutine but the caller's waits: nothing in this process will move until
// somebody outside acts, or a timer runs out. It is how a check proves that something does not happen
// without sleeping. On an in-memory network this is exact; bytes that wait in a socket are for the caller
// to rule out.
//
// Nobody can tell who waits for a timer, so Idle proves nothing about what should have happened by
// now: that is for a [Patience].
//
// A goroutine that spins or sleeps keeps the process from idling: after limit, Idle gives up and returns
// those that were still at it. Time in which this process does not get a processor does not count.
func Idle(limit time.Duration) (busy []stacks.Goroutine) {
	if steer.On() && steer.Idle(limit) { // whoever decides who runs knows
		return nil
	}
	const pause = time.Millisecond
	c := newClock(limit / 64)
	for waited, look := time.Duration(0), 1; ; look++ {
		busy = Busy()
		if waited += c.lap(); len(busy) == 0 || waited > limit {
			return busy
		}
		// A look stops the world: the longer they are at it, the longer they are left alone.
		time.Sleep(min(time.Duration(look)*50*time.Microsecond, pause))
	}
}
