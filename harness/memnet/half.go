package memnet

import "lockstep/harness/norace"

// A half is one direction of a connection: what one end writes and the other reads. Both halves of
// a connection share one mutex, which guards all the fields.
type half struct {
	bytes ring

	finished  bool     // the writing end will write no more: it is closed, or its CloseWrite was called
	abandoned bool     // the reading end is closed: nobody will take the bytes
	refused   bool     // the writing end knows that from a Write that failed
	deaf      bool     // the reading end's CloseRead was called: an empty half reads as finished
	writing   bool     // a Write is under way, and the next waits, so that each one's bytes stay together
	held      bool     // Write does not return before it is released
	barrier   *Barrier // where the next Read that has got bytes waits, if not nil

	// changed is broadcast when a field above changes, or a deadline or a close makes a difference to
	// those who wait. Readers and writers share it: a buffer is not both empty and full, so that as a
	// rule only one of the two kinds is there to be woken.
	changed *norace.Cond
}

//go:norace
func newHalf(mu *norace.Mutex, buffer int) *half {
	return &half{bytes: ring{limit: buffer}, changed: norace.NewCond(mu)}
}
