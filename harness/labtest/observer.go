package labtest

import (
	"testing"
	"testing/synctest"

	"lockstep/harness/await"
)

// An Observer is a check, for what one lab has of its own to look at it with.
type Observer struct{ check *check }

// Observe makes t a check. It may be called more than once in a test.
func Observe(t *testing.T) Observer {
	t.Helper()
	return Observer{begin(t)}
}

// ObserveClient is Observe for a check in which the student's code is a client, as messages say.
func ObserveClient(t *testing.T) Observer {
	t.Helper()
	o := Observe(t)
	o.check.role = aClient
	return o
}

// Stuck says what the student's goroutines wait for, for a message.
func (o Observer) Stuck() string { return o.check.stuck() }

// Settle returns when the student's code has nothing left to do before somebody acts, or a pause of its own is over. Within [Virtual] nothing is
// under way then. It fails the test when that never comes.
func (o Observer) Settle() {
	c := o.check
	c.t.Helper()
	if c.inner != nil {
		synctest.Wait()
		return
	}
	if busy := await.Idle(Patience); len(busy) > 0 {
		c.t.Fatalf("the %s keeps the processor busy, although it has nothing to do but wait\n%s"+
			"wait for an event instead of asking for it again and again", c.role.name, describe(busy[0]))
	}
}
