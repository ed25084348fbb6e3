// Package await, beside the student's code, waits in a check's process for what should come, and gives up for a good reason only.
//
//	answer := make(chan int, 1)
//	go func() { answer <- server.Online() }()
//	n, err := await.Receive(await.Patience{}, answer)
//	if err != nil {
//		t.Fatal("Online does not return: ", err)
//	}
//
// What has not come while somebody is at work may still come; what has not come although every goroutine
// waits will not, unless somebody acts, or a timer runs out of which nobody knows but the one who set
// it: a server may read on for a while behind an error, or log somebody out a second later. So a
// [Patience] ends when nothing has moved for a few seconds, or when even a busy process has had its time.
// Whoever is right has come by then, and has not waited for it; only failures take that long.
//
// # What is not held against anybody
//
// A process that is stopped and goes on (SIGSTOP, a laptop that was closed, a container that is short of
// processor time) finds that all its deadlines have passed, whatever it would have done meanwhile. Here a gap
// between two looks counts for little, however long it was; and what was waited for is looked at once
// more before the wait is given up, after all other looks.
//
// # Limits
//
// Whether a goroutine waits is read from the runtime's dump (package stacks), which stops the world; so
// what comes soon is waited for without a look. Bytes in a socket are on their way while both of its ends
// wait. A goroutine that sits in a system call counts as busy, unless its owner says that it is a [Resident].
package await

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"lockstep/harness/steer"
)

// How long a wait may take, unless its Patience says something else.
const (
	Limit  = 20 * time.Second // while something moves
	atRest = 3 * time.Second  // while nothing does: as long as a right answer may pause for
)

// Why a wait was given up.
var (
	ErrRest = errors.New("nothing moves any more")
	ErrLate = errors.New("it takes too long")
)

// Within says which limit is over: "within 20s". Whoever reads it under a schedule has waited for a moment only.
func Within(limit time.Duration) string {
	if steer.On() {
		return fmt.Sprintf("within %v on a clock that jumps when all goroutines wait, and runs fast when one goes round and round", limit)
	}
	return fmt.Sprintf("within %v", limit)
}

// A Patience is how long to wait for something. The zero value is what most waits should have.
type Patience struct {
	Limit time.Duration // in all; 0 means the constant Limit
	Rest  time.Duration // at a stretch in which nothing moves; 0 means 3 seconds

	// Rests tells whether nothing moves; nil asks whether every goroutine of this process but the caller's
	// waits.
	Rests func() bool
}

// steps is how many looks make up a wait at least, and so how little one of them can decide.
const steps = 16

// Try calls try until it succeeds. Each call waits for the event itself, for at most the time that it is
// given. Try returns nil, or ErrRest or ErrLate, and then the last call came behind everything that the
// wait was given up for; it was told not to wait.
func (p Patience) Try(try func(wait time.Duration) bool) error {
	limit, rest, rests := cmp.Or(p.Limit, Limit), cmp.Or(p.Rest, atRest), p.Rests
	if rests == nil {
		rests = func() bool { return len(Busy()) == 0 }
	}
	step := min(limit, rest) / steps
	c := newClock(2 * step)
	var waited, rested time.Duration
	resting := false // when it was last looked
	for wait := step / 128; ; wait = min(2*wait, step) {
		if try(wait) {
			return nil
		}
		gap := c.lap()
		waited += gap
		switch {
		case wait < step: // a look would cost more than it tells
		case !rests():
			resting, rested = false, 0
		case resting:
			rested += gap
		default:
			resting = true
		}
		var gaveUp error
		switch {
		case rested >= rest:
			gaveUp = ErrRest
		case waited >= limit:
			gaveUp = ErrLate
		default:
			continue
		}
		if try(0) {
			return nil
		}
		return gaveUp
	}
}

// Until waits until holds is true, which it asks again and again. It returns as [Patience.Try] does.
func (p Patience) Until(holds func() bool) error {
	return p.Try(func(wait time.Duration) bool {
		if holds() {
			return true
		}
		time.Sleep(wait)
		return false
	})
}

// Receive waits for a value, or for the channel to be closed. It returns as [Patience.Try] does.
func Receive[T any](p Patience, from <-chan T) (v T, err error) {
	err = p.Try(func(wait time.Duration) bool {
		select {
		case v = <-from:
			return true
		case <-time.After(wait):
		}
		select { // the time may be over for both
		case v = <-from:
			return true
		default:
			return false
		}
	})
	return v, err
}

// A clock measures time, in which one gap counts for so much at most: in a longer one the process cannot
// have run.
type clock struct {
	most time.Duration
	last time.Time
}

func newClock(most time.Duration) *clock { return &clock{most, time.Now()} }

// lap returns the time since the clock was made or lap was last called.
func (c *clock) lap() time.Duration {
	gap := time.Since(c.last)
	c.last = c.last.Add(gap)
	return min(gap, c.most)
}
