// Package engine, beside the student's code, is the part of the engine that is linked into the graded binary: it makes goroutines
// meet, and knows who has which lock. Rewritten files call it; see package perturb, and package sync
// beside this one.
//
// # What it does
//
// [Y] stands before each statement. By the seed that the process was started with a goroutine now and then lets others go
// first, or waits a while until another one comes to the same statement. Goroutines that leave the
// same statement together are what a data race, a check that is not atomic with its act, and a
// channel that is closed twice have in common. The same seed decides the same for the same visit of
// the same statement; which goroutine makes that visit is the scheduler's business.
//
// A [Lock] is in each mutex of the rewritten files. From what it hears come [Misuses], which need
// not have done harm to be found, and [Held], which tells who waits for whom when nothing moves.
//
// A check of a lab uses it like this:
//
//	engine.Reset()
//	... // what the check does
//	for _, f := range engine.Misuses() {
//		t.Error(f.Text)
//	}
//
// and when the server does not answer:
//
//	for _, h := range engine.Held() {
//		t.Log(h) // append.go:57 waits for the lock that append.go:40 took; that goroutine waits for ...
//	}
//
// In a binary without rewritten files both are empty.
//
// # Contract
//
// All functions may be called concurrently, by goroutines of a testing/synctest bubble too: nothing
// here sleeps, and what waits gives up after a fixed number of turns.
//
// No call here orders anything before anything else, as far as the race detector can see. The tables
// are guarded by a lock that is hidden from it.
//
// What is said of locks is true or not said. A lock that one goroutine takes and another gives back
// is a signal rather than a lock, and nothing is said of it from then on. Memory that is used again
// is a new lock; so is a copy. What there is no room for is not known: some 4000 locks that are held
// and orders that are remembered, and seven locks that one goroutine holds at a time.
//
// # Limits
//
// Two orders of locks are held against each other also if one of them was followed before the
// goroutine with the other was started: that the first will never come again is not known.
//
// A lock counts as held at the end when the goroutine that took it has ended. One that goes on, as in
// a server without a goroutine for each client, is found when it takes the lock once more.
//
// A lock that is used as a signal for the first time, just when Misuses is called, looks like a
// goroutine that waits for itself. Misuses belongs to the end of a check.
//
// The names of locks are read from the source, if it still stands where it was compiled.
package engine
