package model

import (
	"fmt"
	"slices"
	"strings"

	"lockstep/harness/player"
)

// why looks for the one observation without which there is a world that explains the rest.
func (m *model) why() error {
	for _, anybody := range []bool{false, true} {
		if anybody {
			if err := m.whoIsIn(); err != nil {
				return err
			}
			if len(m.search(question{any: true})) > 0 {
				return player.Faultf("9.1", "%s, and the hasher is at work for %d of them: the others wait for those%s", m.waiting(), m.held, m.stuckAt())
			}
		}
		for _, a := range m.live() {
			if err := m.whatElse(a, anybody); err != nil {
				return err
			}
		}
	}
	return player.Faultf("", "there is no order in which all this can have been done, one after the other, so that all were told what they were told, and %s logged in", m.list(m.in))
}

// waiting says who has no answer.
func (m *model) waiting() string {
	clients, calls := 0, 0
	for _, a := range m.live() {
		switch {
		case len(a.replies) >= len(a.lines):
		case a.c != nil:
			clients++
		default:
			calls++
		}
	}
	text := fmt.Sprintf("clients without an answer: %d", clients)
	if calls > 0 {
		text += fmt.Sprintf("; calls that have not returned: %d", calls)
	}
	return text
}

func (m *model) stuckAt() string {
	if m.p == nil {
		return ""
	}
	return "\n" + m.p.Stuck()
}

// whoIsIn tells whether it is LoggedIn alone that nothing explains.
func (m *model) whoIsIn() error {
	found := m.search(question{anybody: true})
	if len(found) == 0 {
		return nil
	}
	var should []string
	rule := "11.1"
	for w := range found {
		set := m.loggedIn(&w)
		should = append(should, m.list(set))
		switch {
		case m.in&^set != 0:
			rule = "12.2"
		case rule != "12.2":
			rule = "12.3"
		}
	}
	slices.Sort(should)
	return player.Faultf(rule, "at rest, %s logged in by LoggedIn(), and by what was said and done %s", m.list(m.in), strings.Join(slices.Compact(should), ", or "))
}

// list names who is logged in.
func (m *model) list(set uint) string {
	var all []string
	for user, n := range m.names {
		if set&(1<<n) != 0 {
			all = append(all, user)
		}
	}
	slices.Sort(all)
	switch len(all) {
	case 0:
		return "nobody is"
	case 1:
		return all[0] + " is"
	}
	return strings.Join(all, " and ") + " are"
}

// whatElse tells whether it is what one actor was told that nothing explains, from which reply on, and what that should have been.
func (m *model) whatElse(a *actor, anybody bool) error {
	for at := len(a.replies) - 1; at >= a.seen; at-- {
		b := *a
		b.replies, b.blind = a.replies[:at], true
		found := m.search(question{of: b, anybody: anybody})
		if len(found) == 0 {
			continue
		}
		l := a.line(at)
		var should []code
		var texts []string
		for w := range found {
			if c, _ := w.owed[a.slot].first(); c != 0 && !slices.Contains(should, c) {
				should = append(should, c)
				texts = append(texts, fmt.Sprintf("%q", player.Short(l.reply(c))))
			}
		}
		if len(should) == 0 {
			return nil
		}
		slices.Sort(texts)
		said := a.call.says()
		if a.c != nil {
			said = fmt.Sprintf("%s said %q and was told", a.c.Addr, player.Short(l.text))
		}
		return player.Faultf(rule(l, a.replies[at], should), "%s %q, and by all that others were told it should have been %s", said, player.Short(a.replies[at]), strings.Join(texts, " or "))
	}
	return nil
}

// says is how a message begins that is about what a call returned.
func (c *call) says() string {
	if c == nil {
		return ""
	}
	return c.what + " returned, in the words that a client gets,"
}

// rule is the one that a reply breaks.
func rule(l line, came string, should []code) string {
	can := func(c code) bool { return slices.Contains(should, c) }
	switch {
	case can(failed) && strings.HasPrefix(came, "OK"), can(registered) && slices.ContainsFunc(l.ops, func(o op) bool { return unhashable(o.password) }):
		return "4.1"
	case can(taken), l.is(taken, came):
		return "3.1"
	case can(invalid):
		return "2.3"
	case l.is(invalid, came):
		return "2.2"
	case can(already) && l.is(welcome, came):
		return "7.1"
	case can(denied) && l.is(already, came):
		return "7.3"
	case can(welcome) && l.is(already, came):
		return "12.2"
	case can(denied) && l.is(welcome, came):
		return "3.2"
	case can(denied):
		return "8.1"
	case can(welcome) && l.is(denied, came):
		return "5.1"
	}
	return ""
}

func quoted(text string) string { return fmt.Sprintf("%q", player.Short(text)) }
