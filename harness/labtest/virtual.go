package labtest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/verdict"
)

// Virtual makes t a check that f runs in a bubble of package testing/synctest: when all in there wait,
// the clock jumps to the next event, and so ten seconds cost nothing. f uses the t that it is given.
// Goroutines that still wait when f is over are leaked.
func Virtual(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	VirtualWithin(t, await.Limit/2, f) // nothing in there takes time, unless it never comes to rest
}

// VirtualWithin is Virtual for a check that keeps the processor busy all the same. It may take so long, by
// the real clock.
func VirtualWithin(t *testing.T, limit time.Duration, f func(t *testing.T)) {
	t.Helper()
	c := begin(t)
	spins := time.AfterFunc(limit, func() { c.expire(limit) })
	defer spins.Stop()
	if c.bubble(f) {
		return
	}
	if leak := c.leaked(); leak != "" {
		c.status = verdict.Leaked
		t.Error(leak)
	}
	t.FailNow()
}

// bubble tells whether all goroutines that f started have ended.
func (c *check) bubble(f func(t *testing.T)) (ended bool) {
	defer func() {
		c.inner = nil
		v := recover()
		if err, ok := v.(error); v != nil && !(ok && strings.HasPrefix(err.Error(), "deadlock: ")) {
			panic(v)
		}
	}()
	synctest.Test(c.t, func(t *testing.T) {
		c.inner = t
		f(t)
	})
	return true
}
