package explain

import (
	"fmt"
	"go/ast"
	"strings"

	"lockstep/harness/stacks"
)

// forgotten is for a report with one stack only.
func (c *collision) forgotten() []string {
	said := "The detector remembers only the latest things that each goroutine did, and has forgotten where the other use was (GORACE=history_size=7 makes it remember more)."
	if uses := c.otherUses(); uses != nil {
		return append([]string{said}, uses...)
	}
	return []string{said}
}

// notYours is for two stacks without a line of the student's.
func (c *collision) notYours() []string {
	return []string{"No line of yours is in these two stacks: either your code gave the same thing to both, or the fault is not yours. Show the report to your instructor."}
}

// handedOut is for a line of the student's against one of the test or the harness.
func (c *collision) handedOut() []string {
	mine, theirs := c.first, c.second
	if mine.isForeign() {
		mine, theirs = theirs, mine
	}
	said := fmt.Sprintf("%s is not your code: it uses something that your code handed out, or was given, while %s still uses it too.",
		c.at(theirs), c.at(mine))
	if held, _ := mine.locks(); len(held) > 0 {
		said += fmt.Sprintf(" Your %s cannot help: the other side does not know of it.", held[0])
	}
	copies := "maps.Clone for a map, slices.Clone for a slice, a value instead of a pointer"
	if c.kind == mapInside && c.expr() != nil {
		copies = fmt.Sprintf("maps.Clone(%s), made under your lock", code(mapOf(c.expr())))
	}
	return []string{said, fmt.Sprintf("What is missing, most often: a copy (%s). Hand out the copy and keep the original to yourself.", copies)}
}

// copiedSync is for a Mutex, RWMutex or WaitGroup that one side uses as what it is and the other as
// plain memory.
func (c *collision) copiedSync() []string {
	plain := c.first
	if plain.hidden != "" {
		plain = c.second
	}
	return []string{fmt.Sprintf("%s copies or overwrites a lock or a WaitGroup that another goroutine is using: sync.Mutex, sync.RWMutex and sync.WaitGroup must stay where they are. `go vet` finds most such copies.", c.at(plain))}
}

// countLate is for a WaitGroup's Add against its Wait.
func (c *collision) countLate() []string {
	adder, waiter := c.first, c.second
	if adder.access.Write {
		adder, waiter = waiter, adder
	}
	name := "wg"
	if e := c.expr(); e != nil {
		name = code(e)
	}
	if start, ok := adder.startedAt(); ok && adder.known() && c.beginsAt(adder, start) {
		return []string{
			fmt.Sprintf("%s calls Add inside of the goroutine that it announces: if %s comes first, Wait finds nobody to wait for and returns.",
				adder.frame, c.at(waiter)),
			fmt.Sprintf("What is missing: %s.Add(1) must happen before Wait. Call it before %s, in the goroutine that starts the new one; or write %s.Go(func() { ... }), which adds first and starts then.",
				name, start, name),
		}
	}
	return []string{
		"Wait returns as soon as nobody is left to wait for: an Add that comes at the same moment may be too late.",
		fmt.Sprintf("What is missing: every %s.Add must happen before Wait. Call it before the go statement, not inside of the goroutine, and call Wait only when no more goroutines can be started.", name),
	}
}

// beginsAt tells whether a site is in the very function that a go statement calls.
func (c *collision) beginsAt(s *site, start stacks.Frame) bool {
	if lit, ok := s.scope.(*ast.FuncLit); ok {
		return c.src.line(lit.Pos()) == start.Line && s.frame.File == start.File
	}
	for _, call := range c.src.calls(start, c.src.scope(start), "") {
		if calledName(call) == lastName(s.frame) {
			return true
		}
	}
	return false
}

// halfAtomic is for an atomic use against an ordinary one.
func (c *collision) halfAtomic() []string {
	atomic, plain := c.first, c.second
	if !atomic.access.Atomic {
		atomic, plain = plain, atomic
	}
	name := "it"
	if e := c.expr(); e != nil {
		name = code(e)
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
		fmt.Sprintf("What is missing: sync/atomic on every line. Declare %s as %s, which has Add, Load and Store and cannot be used in any other way.", name, t),
	}
}

// closedEarly is for a close against a send.
func (c *collision) closedEarly() []string {
	return []string{
		"A send on a closed channel panics, and here it is luck which of the two comes first.",
		"What is missing: the last send must happen before the close. Let the goroutine that sends close the channel, after its last send; if several send, wait for all of them first (sync.WaitGroup). Or never close it: a second channel can tell the senders to stop.",
	}
}

// oneBuffer is for a slice of bytes that several goroutines fill or read.
func (c *collision) oneBuffer() []string {
	name := c.nameOr("")
	return []string{fmt.Sprintf("What is missing: a buffer for each goroutine, made in the function that fills it. If there is to be only one %s, a lock from the line that fills it to the last line that uses its bytes.", name)}
}

// notCopied is for two slices of the same bytes.
func (c *collision) notCopied() []string {
	filled, used := c.expr(), c.subject.other
	at, other := c.first, c.second
	if !at.access.Write {
		filled, used, at, other = used, filled, other, at
	}
	return []string{
		fmt.Sprintf("A slice is a view: handing it on, or sending it over a channel, does not copy the bytes. %s overwrites %s while %s still uses the same bytes as %s.",
			c.at(at), code(filled), c.at(other), code(used)),
		fmt.Sprintf("What is missing: a copy for the other goroutine. Hand on bytes.Clone(%s[:n]), or make a new buffer for every read.", code(filled)),
	}
}

// noun says what kind of use a site is.
func noun(s *site) string {
	if s.access.Write {
		return "write"
	}
	return "read"
}
