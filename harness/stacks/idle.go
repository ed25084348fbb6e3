package stacks

import (
	"slices"
	"strings"
	"time"
)

// Waits tells whether the goroutine can go on only when another one, the network or a long-set
// timer lets it. Running, runnable, in a system call and sleeping are all not waiting.
func (g Goroutine) Waits() bool {
	switch g.State {
	case "IO wait", "chan receive", "chan send", "select", "coroutine",
		"chan receive (nil chan)", "chan send (nil chan)", "select (no cases)", "finalizer wait", "cleanup wait":
		return true
	case "semacquire":
		// Package internal/poll waits like this for its turn to write. So does an allocation that is
		// to start a garbage collection, for the one who has stopped the world to take a dump.
		return slices.ContainsFunc(g.Frames, func(f Frame) bool { return f.Name() == "runtime_Semacquire" })
	}
	return strings.HasPrefix(g.State, "sync.")
}

// watches tells whether the goroutine sits in a system call for the process's whole life: it reads
// the signals, or the standard input of a process that its parent ends that way.
func (g Goroutine) watches() bool {
	for _, f := range g.Frames {
		if f.Func == "os/signal.loop" || strings.HasSuffix(f.Func, ".watchStdin") {
			return true
		}
	}
	return false
}

// Busy returns the goroutines other than the caller's that are about to do something.
func Busy() []Goroutine {
	var busy []Goroutine
	for _, g := range All()[1:] {
		if !g.Waits() && !g.watches() {
			busy = append(busy, g)
		}
	}
	return busy
}

// AwaitIdle returns when every goroutine but the caller's waits for another: nothing in this
// process will move until somebody outside acts. It is how a check proves that something does not
// happen without sleeping. On an in-memory network this is exact; bytes that wait in a socket are
// for the caller to rule out. A goroutine that spins or sleeps keeps the process from idling: after
// limit, AwaitIdle gives up and returns those that were still at it. Time in which this process does not
// get a processor does not count.
func AwaitIdle(limit time.Duration) (busy []Goroutine) {
	const pause = time.Millisecond
	deadline := time.Now().Add(limit)
	for look := 1; ; look++ {
		busy = Busy()
		if len(busy) == 0 || time.Now().After(deadline) && look > int(limit/pause/4) {
			return busy
		}
		// A look stops the world: the longer they are at it, the longer they are left alone.
		time.Sleep(min(time.Duration(look)*50*time.Microsecond, pause))
	}
}
