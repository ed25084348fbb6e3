package model

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lockstep/harness/player"
	"lockstep/labs/06/terminal"
)

// judge says what is wrong when all have come to rest.
func (s *stage) judge() error {
	k := s.known()
	for _, check := range []func(*known) error{s.afterwards, s.screen, s.sent, s.away, s.noticed, s.ended} {
		if err := check(k); err != nil {
			return err
		}
	}
	return nil
}

// afterwards is about a Run that has returned.
func (s *stage) afterwards(k *known) error {
	if !s.back {
		return nil
	}
	what := map[terminal.Kind]string{terminal.Sends: "conn", terminal.Prints: "out"}
	for _, c := range k.calls {
		if name := what[c.Kind]; c.Late && name != "" {
			return player.Faultf("11.1", "Run has returned, and then Write of %s was called, with %q", name, player.Short(string(c.Data)))
		}
	}
	switch left := s.Left(terminal.Keyboard); {
	case !k.how.Closed:
		return player.Faultf("10.1", "Run has returned, with %s, and conn was open", outcome(s.result))
	case k.how.Busy:
		return player.Faultf("11.1", "Run has returned, with %s, and a Write that it had begun was still under way", outcome(s.result))
	case left != "" && !s.server.stuck():
		return player.Faultf("11.4", "Run has returned, and goroutines that it started are still there:\n%s", left)
	}
	if left := s.Left(); s.user.ended && !s.user.stuck() && !s.server.stuck() && left != "" {
		return player.Faultf("11.3", "Run has returned, the input has ended, and a goroutine that Run started is still there:\n%s", left)
	}
	return nil
}

// noticed requires that the client has taken all that has come, unless a Write holds it up.
func (s *stage) noticed(k *known) error {
	if s.back || k.jammed || k.end() != never {
		return nil
	}
	typing, hearing := !s.user.stuck(), !s.server.stuck()
	switch {
	case typing && s.session.Untyped() > 0:
		return player.Faultf("4.1", "the user has typed something, and the client does not read it\n%s", s.Stuck())
	case hearing && s.session.Unheard() > 0:
		return player.Faultf("4.1", "the server has said something, and the client does not read it\n%s", s.Stuck())
	case typing && s.user.ended && k.typedEnd == never:
		return player.Faultf("7.1", "the input has ended, and the client does not notice\n%s", s.Stuck())
	case hearing && s.gone != "" && k.down() == never:
		return player.Faultf("8.2", "the server is gone, and the client does not notice\n%s", s.Stuck())
	}
	return nil
}

// sent judges what the server has got.
func (s *stage) sent(k *known) error {
	next := 0
	lines := bytes.SplitAfter(s.got, []byte("\n"))
	for _, l := range lines[:len(lines)-1] {
		text := string(l[:len(l)-1])
		switch {
		case next < len(k.typed) && text == k.typed[next].text:
			next++
		case text == isAway:
		case next == len(k.typed) && slices.Contains(k.typedTail, text):
			k.typedTail = nil
		case next < len(k.typed):
			return player.Faultf("2.1", "the server got %q, where the user had typed %q", player.Short(text), player.Short(k.typed[next].text))
		default:
			return player.Faultf("2.1", "the server got %q, which the user has not typed", player.Short(text))
		}
	}
	part := lines[len(lines)-1]
	if !s.reading || s.gone == "leave" || s.gone == "reset" || k.jammed {
		return nil // the server has not got all that was sent
	}
	switch {
	case k.end() == never || s.back && s.result == nil && k.down() == never && k.ctxDone == never && !s.gaveUp(k):
	default:
		return nil // an end may have come first
	}
	rule := "2.1"
	if s.back {
		rule = "7.1"
	}
	switch {
	case next < len(k.typed):
		return player.Faultf(rule, "the user has typed %q, and the server did not get it%s", player.Short(k.typed[next].text), s.why())
	case len(part) > 0:
		return player.Faultf(rule, "the server got %q, without a line ending", player.Short(string(part)))
	}
	return nil
}

// gaveUp tells whether a Write had waited for some time until the client closed conn. Whether it may give up what it cannot send the handout does not say.
func (s *stage) gaveUp(k *known) bool {
	return slices.ContainsFunc(k.calls, func(c terminal.Call) bool {
		return c.Kind == terminal.Sends && c.Ended > c.Began+slack && c.Ended+slack > k.how.At
	})
}

// ended judges whether Run has returned, why, and when.
func (s *stage) ended(k *known) error {
	if !s.back {
		switch {
		case k.jammed || s.server.stuck() || k.end() == never:
			return nil
		case k.down() != never:
			return player.Faultf("8.2", "the server is down, and Run does not return\n%s", s.Stuck())
		case s.heeded:
			return player.Faultf("9.1", "ctx is done, and Run does not return\n%s", s.Stuck())
		case k.typedEnd == never:
			return nil
		}
		return player.Faultf("7.2", "the input has ended, and Run does not return\n%s", s.Stuck())
	}
	switch {
	case k.end() == never:
		return player.Faultf("", "Run has returned, with %s, and nothing has ended", outcome(s.result))
	case k.typedEnd != never && s.result == nil:
	case k.down() != never && errors.Is(s.result, s.lab.Down):
	case k.ctxDone != never && s.result != nil && errors.Is(s.result, s.ctx.Err()):
	case k.ctxDone != never && (k.ctxDone == k.end() || k.down() == never && s.result != nil):
		return player.Faultf("9.1", "ctx is done, ctx.Err() is %q, and Run returned %s", s.ctx.Err(), outcome(s.result))
	case k.down() == k.end():
		return player.Faultf("8.1", "the server is down, and Run returned %s", outcome(s.result))
	default:
		return player.Faultf("7.2", "the input has ended, and Run returned %s", outcome(s.result))
	}
	if late := k.settles(max(k.end(), s.server.freed)); k.how.At > late {
		rule := "7.2"
		if k.down() == k.end() {
			rule = "8.2"
		} else if k.ctxDone == k.end() {
			rule = "9.1"
		}
		return player.Faultf(rule, "there was a reason to return %v after the start, and Run returned %v after it", k.end(), k.how.At)
	}
	return nil
}

// why says what the client does instead of what it should.
func (s *stage) why() string {
	if s.back {
		return "; Run has returned, with " + outcome(s.result)
	}
	return "\n" + s.Stuck()
}

func outcome(err error) string {
	if err == nil {
		return "nil"
	}
	return fmt.Sprintf("the error %q", err)
}

// Named is that of a [player.Stage]: everybody has a name here.
func (s *stage) Named(text string) string { return text }

// mostLines is how many lines a message shows of a journal.
const mostLines = 25

// Got is that of a [player.Stage].
func (s *stage) Got() string {
	var b strings.Builder
	who := map[terminal.Kind]string{terminal.Sends: "to the server", terminal.Prints: "screen"}
	calls, how, back := s.session.Calls()
	var lines []string
	for _, c := range calls {
		if who[c.Kind] == "" {
			continue
		}
		note := ""
		switch c.Outcome {
		case terminal.Waits:
			note = "   (this Write waits)"
		case terminal.Failed, terminal.Closed, terminal.TooLate:
			note = "   (this Write failed)"
		default:
			if waited := c.Ended - c.Began; waited > slack {
				note = fmt.Sprintf("   (this Write waited until %s)", stamp(c.Ended))
			}
		}
		text := strings.TrimSuffix(string(c.Data), "\n")
		lines = append(lines, fmt.Sprintf("    %-13s %8s | %s%s\n", who[c.Kind], since(c), player.Short(text), note))
	}
	if n := len(lines) - mostLines; n > 0 {
		fmt.Fprintf(&b, "    (%d lines before)\n", n)
		lines = lines[n:]
	}
	for _, l := range lines {
		b.WriteString(l)
	}
	if back {
		fmt.Fprintf(&b, "    %-13s %8s | %s\n", "Run returned", stamp(how.At), outcome(s.result))
	}
	return b.String()
}
