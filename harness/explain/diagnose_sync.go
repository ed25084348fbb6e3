package explain

import (
	"fmt"
	"go/ast"
	"strings"

	"lockstep/harness/stacks"
)

// copiedSync is for a Mutex, RWMutex or WaitGroup that one line uses as what it is and the other as
// plain memory.
func copiedSync(c *collision) []string {
	plain := c.first
	if plain.hidden != "" {
		plain = c.second
	}
	if c.kind == waitGroup || c.first.hidden != "sync" && c.second.hidden != "sync" {
		return nil
	}
	return []string{fmt.Sprintf("%s copies or overwrites a lock or a WaitGroup that another goroutine is using: sync.Mutex, sync.RWMutex and sync.WaitGroup must stay where they are. `go vet` finds most such copies.", c.at(plain))}
}

// innerAdd is for a WaitGroup's Add inside of the goroutine that it counts, against its Wait.
func innerAdd(c *collision) []string {
	if c.kind != waitGroup {
		return nil
	}
	adder, waiter := c.first, c.second
	if adder.access.Write {
		adder, waiter = waiter, adder
	}
	start, ok := adder.startedAt()
	if !ok || !adder.known() || !adder.beginsAt(start) {
		return nil
	}
	return []string{
		fmt.Sprintf("%s calls Add inside of the goroutine that it announces: if %s comes first, Wait finds nobody to wait for and returns.",
			adder.frame, c.at(waiter)),
		fmt.Sprintf("What is missing: %[1]s.Add(1) must happen before Wait. Call it before %[2]s, in the goroutine that starts the new one; or write %[1]s.Go(func() { ... }), which adds first and starts then.",
			c.codeOr("wg"), start),
	}
}

// lateAdd is for any other Add against a Wait.
func lateAdd(c *collision) []string {
	if c.kind != waitGroup {
		return nil
	}
	const late = "Wait returns as soon as nobody is left to wait for: an Add that comes at the same moment may be too late."
	adder, waiter := c.first, c.second
	if adder.access.Write {
		adder, waiter = waiter, adder
	}
	if _, started := adder.startedAt(); !started && adder.known() && waiter.known() && adder.scope != waiter.scope {
		return []string{late, fmt.Sprintf("What is missing: no Add once Wait may have begun. Under one lock, ask whether it is over and call %[1]s.Add; and under the same lock, before %[1]s.Wait, say that it is over.",
			c.codeOr("wg"))}
	}
	return []string{
		late,
		fmt.Sprintf("What is missing: every %s.Add must happen before Wait. Call it before the go statement, not inside of the goroutine, and call Wait only when no more goroutines can be started.", c.codeOr("wg")),
	}
}

// beginsAt tells whether a site is in the very function that a go statement calls.
func (s *site) beginsAt(start stacks.Frame) bool {
	if lit, ok := s.scope.(*ast.FuncLit); ok {
		return s.src.line(lit.Pos()) == start.Line && s.frame.File == start.File
	}
	for _, call := range s.src.calls(start, s.src.scope(start), "") {
		if calledName(call) == lastName(s.frame) {
			return true
		}
	}
	return false
}

// halfAtomic is for an atomic use against an ordinary one.
func halfAtomic(c *collision) []string {
	if c.kind != atomicMix {
		return nil
	}
	atomic, plain := c.first, c.second
	if !atomic.access.Atomic {
		atomic, plain = plain, atomic
	}
	fn := lastName(atomic.access.Stack[0])
	t := "the fitting type of package sync/atomic"
	for _, known := range []string{"Int32", "Int64", "Uint32", "Uint64", "Uintptr"} {
		if strings.HasSuffix(fn, known) {
			t = "atomic." + known
		}
	}
	return []string{
		fmt.Sprintf("sync/atomic protects only from other atomic operations, and %s is an ordinary %s.", c.at(plain), noun(plain)),
		fmt.Sprintf("What is missing: sync/atomic on every line. Declare %s as %s, which has Add, Load and Store and cannot be used in any other way.", c.codeOr("it"), t),
	}
}

// noun says what kind of use a site is.
func noun(s *site) string {
	if s.access.Write {
		return "write"
	}
	return "read"
}

// earlyClose is for a close against a send.
func earlyClose(c *collision) []string {
	if c.kind != closing {
		return nil
	}
	return []string{
		"A send on a closed channel panics, and here it is luck which of the two comes first.",
		"What is missing: the last send must happen before the close. Let the goroutine that sends close the channel, after its last send; if several send, wait for all of them first (sync.WaitGroup). Or never close it: a second channel can tell the senders to stop.",
	}
}
