// Package hasher, beside the student's code, is a hasher for the server of lab 07 that costs nothing, and that a check can hold or make fail.
package hasher

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"runtime/debug"
	"strings"

	"lockstep/harness/norace"
)

// A Hasher hashes passwords, cheaply and badly, for a server that is given one. A check can hold its
// calls, and so see which of them a server makes at the same time. The race detector does not see that
// two handlers use the same Hasher.
type Hasher struct {
	// Size is how long a hash is at least. Set it before the server starts.
	Size int

	mu       norace.Mutex
	released *norace.Cond

	// guarded by mu, in functions that the race detector passes over
	calls   int    // that have begun
	held    int    // of them, those that wait
	hashes  bool   // calls of Hash are held
	matches bool   // calls of Matches are held
	fails   string // why the next Hash is to fail, "" if it is not
	given   []byte // the hash that a Matches has, which is at work,
	was     []byte // and what it was at first
	changed bool
}

// Poison is what no password has in it that can be hashed.
const Poison = "arsenic"

// ErrPoison is why Hash fails for one that has.
var ErrPoison = errors.New("the hasher does not take this one")

// New returns a Hasher that holds nothing.
func New() *Hasher {
	h := &Hasher{}
	h.released = norace.NewCond(&h.mu)
	return h
}

// HoldHash makes calls of Hash that begin from now on wait for [Hasher.Release].
//
//go:norace
func (h *Hasher) HoldHash() { h.mu.Lock(); h.hashes = true; h.mu.Unlock() }

// HoldMatches does so with calls of Matches.
//
//go:norace
func (h *Hasher) HoldMatches() { h.mu.Lock(); h.matches = true; h.mu.Unlock() }

// Release lets all calls go on, those that wait and those to come.
//
//go:norace
func (h *Hasher) Release() {
	h.mu.Lock()
	h.hashes, h.matches = false, false
	h.released.Broadcast()
	h.mu.Unlock()
}

// Held returns how many calls wait for Release.
//
//go:norace
func (h *Hasher) Held() int { h.mu.Lock(); defer h.mu.Unlock(); return h.held }

// Calls returns how many calls of either method have begun so far.
//
//go:norace
func (h *Hasher) Calls() int { h.mu.Lock(); defer h.mu.Unlock(); return h.calls }

// Fail makes the next call of Hash fail, with reason as its error.
//
//go:norace
func (h *Hasher) Fail(reason string) { h.mu.Lock(); h.fails = reason; h.mu.Unlock() }

// HashChanged tells whether the hash that a held call of Matches was given has become another one, or has gone
// away, now or when HashChanged was called before. It knows of one such call at a time.
//
//go:norace
func (h *Hasher) HashChanged() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changed = h.changed || !same(h.given, h.was)
	return h.changed
}

// Hash is for the server. Two hashes of the same password differ.
func (h *Hasher) Hash(password string) ([]byte, error) {
	n, reason := h.begin(true)
	if reason != "" {
		return nil, errors.New(reason) // made here: nothing orders the check's own errors before the handler
	}
	if strings.Contains(password, Poison) {
		return nil, ErrPoison
	}
	return sum(uint64(n), password, h.Size), nil
}

// Matches is for the server.
func (h *Hasher) Matches(hash []byte, password string) bool {
	was := bytes.Clone(hash)
	h.watch(hash, was)
	h.begin(false)
	h.watch(nil, nil)
	return len(was) >= sumSize && bytes.Equal(was, sum(binary.BigEndian.Uint64(was), password, len(was)))
}

//go:norace
func (h *Hasher) watch(hash, was []byte) { h.mu.Lock(); h.given, h.was = hash, was; h.mu.Unlock() }

// begin counts a call and waits while it is held. It returns the call's number, and why it is to fail.
//
//go:norace
func (h *Hasher) begin(hash bool) (int, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	n := h.calls
	h.held++
	for hash && h.hashes || !hash && h.matches {
		h.released.Wait()
	}
	h.held--
	reason := ""
	if hash {
		reason, h.fails = h.fails, ""
	}
	return n, reason
}

// sumSize is the size of a sum: the salt, and what comes of it and the password.
const sumSize = 16

// sum does without package fmt, whose pool of printers orders those who print.
func sum(salt uint64, password string, size int) []byte {
	hash := binary.BigEndian.AppendUint64(nil, salt)
	f := fnv.New64a()
	f.Write(hash)
	f.Write([]byte(password))
	hash = binary.BigEndian.AppendUint64(hash, f.Sum64())
	return append(hash, make([]byte, max(0, size-len(hash)))...)
}

// same tells whether a hash still is what it was. It may lie in a file that is no longer mapped.
//
//go:norace
func same(now, then []byte) (same bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer gone(&same)
	for i := range then {
		if now[i] != then[i] {
			return false
		}
	}
	return true
}

// gone is deferred where memory may be read that is not there.
func gone(same *bool) {
	if recover() != nil {
		*same = false
	}
}
