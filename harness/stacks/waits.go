package stacks

import (
	"slices"
	"strings"
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
