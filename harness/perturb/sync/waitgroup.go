package sync

import (
	"sync"

	"lockstep/harness/perturb/engine"
)

// A WaitGroup is a [sync.WaitGroup] that takes its time to add, so that an Add which nothing orders
// before Wait comes too late for it. The zero value is ready.
//
// Its methods that the detector may report have frames for it, and are not inlined: those of the standard library have none, and with them
// the line of the student's that calls them is missing in a report. They touch no memory themselves.
type WaitGroup struct {
	wg      sync.WaitGroup
	watched engine.Group
}

// Add is [sync.WaitGroup.Add].
//
//go:noinline
func (wg *WaitGroup) Add(delta int) {
	if delta > 0 {
		wg.watched.Adds()
	}
	wg.wg.Add(delta)
}

// Done is [sync.WaitGroup.Done].
//
//go:norace
func (wg *WaitGroup) Done() { wg.wg.Done() }

// Wait is [sync.WaitGroup.Wait].
//
//go:noinline
func (wg *WaitGroup) Wait() { wg.wg.Wait() }

// Go is [sync.WaitGroup.Go]. It adds before it starts the goroutine, and cannot come too late.
//
//go:noinline
func (wg *WaitGroup) Go(f func()) { wg.wg.Go(f) }
