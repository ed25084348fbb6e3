package memnet

import (
	"time"

	"lockstep/harness/norace"
)

// A deadline is the time limit for one direction of one end, under the mutex of the connection. The
// zero deadline never passes.
type deadline struct {
	passed bool
	alarm  *alarm // what will set passed, nil if nothing will
}

// set replaces the deadline; the zero time clears it. changed is broadcast when it passes, and here,
// as it may have passed already. The caller holds mu.
//
//go:norace
func (d *deadline) set(t time.Time, mu *norace.Mutex, changed *norace.Cond) {
	d.clear()
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		d.passed = true
		changed.Broadcast()
		return
	}
	d.alarm = &alarm{mu: mu, deadline: d, changed: changed}
	d.alarm.timer = time.AfterFunc(left, d.alarm.ring)
}

//go:norace
func (d *deadline) clear() {
	if d.alarm != nil {
		d.alarm.timer.Stop()
	}
	*d = deadline{}
}

// An alarm makes a deadline pass. It is a value of its own, not a part of the deadline, so that one
// that goes off while it is being replaced can tell that it no longer counts.
type alarm struct {
	mu       *norace.Mutex
	deadline *deadline
	changed  *norace.Cond
	timer    *time.Timer // guarded by mu: the alarm may go off before AfterFunc has returned
}

// ring runs on the timer's goroutine.
//
//go:norace
func (a *alarm) ring() {
	a.mu.Lock()
	if a.deadline.alarm == a {
		a.deadline.passed, a.deadline.alarm = true, nil
		a.changed.Broadcast()
	}
	a.mu.Unlock()
}
