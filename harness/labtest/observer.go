package labtest

import (
	"testing"
	"testing/synctest"

	"lockstep/harness/await"
)

// An Observer is a check, for what one lab has of its own to look at it with.
type Observer struct{ check *check }

// Check makes t a check, and may be called more than once in a test. [Start] and [Scenario] do so too; it is for checks that need neither, and for
// what a lab has of its own to look at them with.
func Check(t *testing.T) Observer {
	t.Helper()
	return Observer{begin(t)}
}

// CheckClient is Check where the student's code is a client, as messages say.
func CheckClient(t *testing.T) Observer {
	t.Helper()
	o := Check(t)
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
	if busy := await.Idle(await.Limit); len(busy) > 0 {
		c.t.Fatalf("the %s keeps the processor busy, although it has nothing to do but wait\n%s"+
			"wait for an event instead of asking for it again and again", c.role.name, describe(busy[0]))
	}
}

// Reported is told of each data race in a server process that the check has started in its own way, as package host hears of them. It may be called from
// any goroutine, but for one process at a time, and that is gone when the test is over.
func (o Observer) Reported(raw string) { o.check.reported(raw) }
