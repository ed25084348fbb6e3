// Package steer, beside the student's code, decides who runs next, so that a run is a function of its schedule.
//
//	if err := steer.Begin(steer.Schedule{Seed: 1}, recording); err != nil {
//		return err // this program was not built for it
//	}
//	run()
//	steer.End()
//
// From Begin to End there is one processor, and every choice between goroutines that can run is made here: at each [Point], where one could be
// overtaken, and wherever one blocks or ends. Chance (select, the order of maps, math/rand) comes from the schedule's seed; time stands
// still while anybody can run, and jumps to the next timer when nobody can. Nothing here adds a happens-before edge: what the race detector
// would miss between two accesses it misses under no schedule because of us.
//
// It works in a program that was built with the files of package overlay, and the build tag lockstep_steer; in others [Begin]
// returns [ErrNotBuilt], and Point and Mark do nothing.
//
// # What is not steered
//
// Sockets, child processes and the real clock. What waits for one of these under a schedule is told by [Recording.Flags], and its run is not
// called repeatable. A system call that takes long stops everybody for two seconds; then others go on.
//
// The idea, and the words, are those of systematic concurrency testing: CHESS (Musuvathi and others, OSDI 2008) bounds the number of switches, and
// a schedule of at most one covers most of what is found with more.
package steer

import (
	"errors"
	"time"
)

// A Kind is what an event of a run is about.
type Kind uint32

// Kinds of events. Those up to Runs come from the scheduler itself.
const (
	Starts Kind = 1 // A is the new goroutine
	Blocks Kind = 2 // A is why, as the runtime counts reasons
	Wakes  Kind = 3 // A is the goroutine that can run again; by goroutine 0 if a timer did it
	Ends   Kind = 4
	Runs   Kind = 5 // the event's goroutine is the one that runs from here on

	Statement Kind = 16 + iota - 5 // A is its number; others may see what it does
	Local                          // the same, and nobody can see it: no point
	Lock                           // about to ask for a lock
	Wants                          // waits for lock A, B is 1 for reading
	Has                            // has got lock A
	Gives                          // is about to give lock A back
	Adds                           // adds to a WaitGroup
	Atomic                         // an operation of package sync/atomic
	Accepts                        // a connection: A is the end's port, B its peer's
	Reads                          // the same for all of these
	Writes
	Closes
	Raced // by what the goroutine has just done
	Broke // the check has failed
	Holds // a variable, at the address A, after a statement has stored to it: B is a packed Value
)

// ErrNotBuilt is returned where a program was not built to be steered.
var ErrNotBuilt = errors.New("this program was not built to be steered")

// Begin begins a schedule. The calling goroutine is called 1, others after who started them. What happens is written to the recording, which may be
// nil. Collecting garbage is the caller's to turn off: it is not steered.
func Begin(s Schedule, r *Recording) error { return begin(s, r) }

// End ends the schedule. Time goes on from where it was.
func End() { end() }

// On tells whether a schedule decides now.
//
//go:norace
func On() bool { return name() != 0 }

// Point is a place at which the calling goroutine could be overtaken.
//
//go:norace
func Point(k Kind, a, b uint64) { point(uint32(k), a, b) }

// Mark writes an event to the recording, and decides nothing.
//
//go:norace
func Mark(k Kind, a, b uint64) { mark(uint32(k), a, b) }

// Pass writes an event to the recording. It decides nothing, unless the calling goroutine has passed by for long, as in a loop without an end: then it is a
// Point.
//
//go:norace
func Pass(k Kind, a, b uint64) { pass(uint32(k), a, b) }

// Real is how long the process has really run, from some moment on. It is for the time between schedules: what goes by it under one is not repeatable.
func Real() time.Duration { return time.Duration(realtime()) }

// Idle returns when no other goroutine can run before time passes, or after limit, and tells whether none can.
func Idle(limit time.Duration) bool { return idle(int64(limit)) }
