package labtest

import (
	"testing"
	"time"

	"lockstep/harness/stacks"
)

// Ask calls a method of the student's that is to return without waiting for any client, and returns
// what it returns. If it hangs, a check that called it itself could not say so; this one fails the
// test and tells where. what is the call, in the message.
func Ask[T any](t *testing.T, what string, method func() T) T {
	t.Helper()
	c := begin(t)
	answer := make(chan T, 1)
	go func() { answer <- method() }() // ends with the method, or with the process
	for start := time.Now(); ; {
		select {
		case got := <-answer:
			return got
		case <-time.After(100 * time.Millisecond):
		}
		if waited := time.Since(start); waited > Patience || waited > time.Second && len(stacks.Busy()) == 0 {
			t.Fatalf("%s does not return\n%s", what, c.stuck())
		}
	}
}
