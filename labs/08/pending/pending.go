// Package pending, beside the student's code, calls the methods of lab 08 that may take as long as a client likes.
//
//	call := pending.Begin(t, "Shutdown", func() error { return s.Shutdown(ctx) })
//	call.Blocks("an answer is on its way to a client that has not read it yet")
//	...
//	err := call.Wait("every client has read what it got")
package pending

import (
	"fmt"
	"runtime/debug"
	"testing"

	"lockstep/harness/await"
	"lockstep/harness/lab"
	"lockstep/harness/labtest"
	"lockstep/harness/stacks"
)

// A Call is a call of one of the student's methods. It belongs to the goroutine of the test.
type Call struct {
	t        *testing.T
	check    labtest.Observer
	what     string
	returned chan struct{} // closed when err or panicked is set
	err      error
	panicked string
}

// Begin calls a method in a goroutine of its own, and makes t a check. what is the call, in messages.
func Begin(t *testing.T, what string, method func() error) *Call {
	t.Helper()
	c := &Call{t: t, check: labtest.Check(t), what: what, returned: make(chan struct{})}
	go c.run(method) // ends with the method, or with the process
	return c
}

func (c *Call) run(method func() error) {
	defer close(c.returned)
	defer func() {
		if v := recover(); v != nil {
			c.panicked = fmt.Sprintf("%s panicked: %v%s", c.what, v, place(string(debug.Stack())))
		}
	}()
	c.err = method()
}

// place is the student's innermost line in a stack, in words; "" if there is none.
func place(stack string) string {
	for _, g := range stacks.Parse(stack) {
		if at, ok := g.Innermost(lab.Owns); ok {
			return fmt.Sprintf(", at %s, in %s", at, at.Name())
		}
	}
	return ""
}

// Returned tells whether the call has returned. The server idles before it is asked. A call that has panicked
// fails the test.
func (c *Call) Returned() bool {
	c.t.Helper()
	c.check.Settle()
	select {
	case <-c.returned:
		if c.panicked != "" {
			c.t.Fatal(c.panicked)
		}
		return true
	default:
		return false
	}
}

// Blocks requires that the call has not returned. why says why it should not.
func (c *Call) Blocks(why string) {
	c.t.Helper()
	if c.Returned() {
		c.t.Fatalf("%s returned too early, with %v: %s", c.what, c.err, why)
	}
}

// Wait waits for the call and returns what it returned. It fails the test when it does not return, or
// has panicked. why says why it should return.
func (c *Call) Wait(why string) error {
	c.t.Helper()
	if _, err := await.Receive(await.Patience{}, c.returned); err != nil {
		c.t.Fatalf("%s does not return: %s\n%s", c.what, why, c.check.Stuck())
	}
	if c.panicked != "" {
		c.t.Fatal(c.panicked)
	}
	return c.err
}
