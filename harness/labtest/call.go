package labtest

import (
	"fmt"
	"runtime/debug"
	"testing"

	"lockstep/harness/await"
	"lockstep/harness/lab"
	"lockstep/harness/stacks"
)

// A Call is a call of one of the student's methods that may take as long as somebody else likes.
type Call struct {
	check    *check
	what     string
	returned chan struct{} // closed when err or panicked is set
	err      error
	panicked string
}

// Begin calls a method in a goroutine of its own, and makes t a check. what is the call, in messages.
func Begin(t *testing.T, what string, method func() error) *Call {
	t.Helper()
	c := &Call{check: begin(t), what: what, returned: make(chan struct{})}
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
	t := c.check.t
	t.Helper()
	(&Server{check: c.check}).Idle()
	select {
	case <-c.returned:
		if c.panicked != "" {
			t.Fatal(c.panicked)
		}
		return true
	default:
		return false
	}
}

// Waits requires that the call has not returned. why says why it should not.
func (c *Call) Waits(why string) {
	t := c.check.t
	t.Helper()
	if c.Returned() {
		t.Fatalf("%s returned too early, with %v: %s", c.what, c.err, why)
	}
}

// Result waits for the call and returns what it returned. It fails the test when it does not return, or
// has panicked. why says why it should return.
func (c *Call) Result(why string) error {
	t := c.check.t
	t.Helper()
	if _, err := await.Receive(await.Patience{}, c.returned); err != nil {
		t.Fatalf("%s does not return: %s\n%s", c.what, why, c.check.stuck())
	}
	if c.panicked != "" {
		t.Fatal(c.panicked)
	}
	return c.err
}

// Ask calls a method of the student's that is to return without waiting for any client, and returns
// what it returns. If it hangs, a check that called it itself could not say so; this one fails the
// test and tells where. what is the call, in the message.
func Ask[T any](t *testing.T, what string, method func() T) T {
	t.Helper()
	c := begin(t)
	answer := make(chan T, 1)
	go func() { answer <- method() }() // ends with the method, or with the process
	got, err := await.Receive(await.Patience{}, answer)
	if err != nil {
		t.Fatalf("%s does not return\n%s", what, c.stuck())
	}
	return got
}

// Until tells whether holds is true, or becomes true while nobody acts. It is for what a server may do a
// little later, by itself: one that reads on for half a second behind an ERR logs its client out when
// that is over, and nothing moves meanwhile. What somebody was told of has been done by then, and is
// asked for once.
//
// The server idles whenever holds is asked. Until returns false when nothing will come any more.
func Until(t *testing.T, holds func() bool) bool {
	t.Helper()
	s := &Server{check: begin(t)}
	return await.Patience{}.Until(func() bool {
		s.Idle()
		return holds()
	}) == nil
}
