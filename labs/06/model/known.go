package model

import (
	"math"
	"strings"
	"time"

	"lockstep/labs/06/terminal"
)

const (
	never = time.Duration(math.MaxInt64) // a time that does not come
	slack = 50 * time.Millisecond        // what is done at once may take so long: under schedules the clock moves with each step
)

// A line is one that the client knows of.
type line struct {
	text string
	at   time.Duration // when its ending came
}

// known is what the client did up to now, and what it knows.
type known struct {
	calls []terminal.Call
	how   terminal.Return
	now   time.Duration

	typed, said         []line
	typedTail, saidTail []string // what may stand for text that has no ending
	jams                []jam
	jammed              bool // a Write waits

	// when the client has learned of each end; never if it has not
	typedEnd, saidEnd, writeEnd, ctxDone time.Duration
}

// A jam is a time in which a Write waits: whatever else there is to do may have to wait, too.
type jam struct{ from, to time.Duration }

func (s *stage) known() *known {
	k := &known{now: time.Since(s.start), typedEnd: never, saidEnd: never, writeEnd: never, ctxDone: never}
	k.calls, k.how, _ = s.session.Calls()
	var typed, said reader
	for _, c := range k.calls {
		if c.Kind == terminal.Sends || c.Kind == terminal.Prints {
			switch {
			case c.Outcome == terminal.Waits:
				k.jams, k.jammed = append(k.jams, jam{c.Began, never}), true
			case c.Ended > c.Began+slack:
				k.jams = append(k.jams, jam{c.Began, c.Ended})
			}
		}
		if c.After || c.Late || c.Outcome == terminal.Waits {
			continue
		}
		failed := c.Outcome == terminal.Failed || c.Outcome == terminal.Ended
		switch c.Kind {
		case terminal.Types:
			typed.add(c)
			if failed {
				k.typedEnd = min(k.typedEnd, c.Ended)
			}
		case terminal.Hears:
			said.add(c)
			if failed {
				k.saidEnd = min(k.saidEnd, c.Ended)
			}
		case terminal.Sends:
			if failed || c.Outcome == terminal.TooLate {
				k.writeEnd = min(k.writeEnd, c.Ended)
			}
		}
	}
	k.typed, k.said = typed.lines, said.lines
	if k.typedEnd != never {
		k.typedTail = typed.tail()
	}
	if s.ctx.Err() != nil {
		k.ctxDone = s.ctxDone
	}
	if k.end() != never { // also the client's own Close ends a Read
		k.saidTail = said.tail()
	}
	return k
}

// down is when the client has learned that the server is.
func (k *known) down() time.Duration { return min(k.saidEnd, k.writeEnd) }

// end is when it has learned of any end.
func (k *known) end() time.Duration { return min(k.down(), k.typedEnd, k.ctxDone) }

// settles is when at the latest that has been done which there is to do at a time: when no Write waits any more. Where time passes by itself nobody can
// say, and while a Write waits.
func (k *known) settles(t time.Duration) time.Duration {
	if !exact() || t == never {
		return never
	}
	for again := true; again; {
		again = false
		for _, j := range k.jams {
			if j.from <= t+slack && t < j.to {
				t, again = j.to, true
			}
		}
	}
	if t == never {
		return never
	}
	return t + slack
}

// A reader makes lines of what comes in pieces.
type reader struct {
	lines []line
	part  []byte
}

func (r *reader) add(c terminal.Call) {
	for _, b := range c.Data {
		if r.part = append(r.part, b); b == '\n' {
			r.lines = append(r.lines, line{chomp(string(r.part)), c.Ended})
			r.part = nil
		}
	}
}

// tail is what text without an ending may count for.
func (r *reader) tail() []string {
	if len(r.part) == 0 {
		return nil
	}
	return []string{string(r.part), strings.TrimSuffix(string(r.part), "\r")}
}

// chomp takes the ending off a line.
func chomp(text string) string { return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r") }
