package model

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"lockstep/harness/player"
)

// observe takes note of what has come.
func (m *model) observe() {
	for _, a := range m.live() {
		switch {
		case a.c != nil:
			for {
				i := slices.Index(a.c.In, '\n')
				if i < 0 {
					break
				}
				a.replies = append(a.replies, string(a.c.In[:i]))
				a.c.In = a.c.In[i+1:]
			}
			if (a.c.How != "" || m.down()) && len(a.part) > 0 && !a.tail && !a.long { // it may be taken for a line
				a.lines, a.tail = append(a.lines, m.sent(read(strings.TrimSuffix(string(a.part), "\r")))), true
			}
		case a.call.Returned() && len(a.replies) == 0:
			a.replies = append(a.replies, m.said(a))
		}
	}
	m.held = m.Hasher.Held()
}

// look asks who is logged in.
func (m *model) look() error {
	var in []string
	if m.accounts == nil {
		return nil
	}
	if !m.p.Ask(func() { in = m.accounts.LoggedIn() }) {
		return player.Faultf("11.2", "LoggedIn() does not return\n%s", m.p.Stuck())
	}
	set, err := m.set(in)
	m.in = set
	return err
}

// set is what LoggedIn returned.
func (m *model) set(in []string) (set uint, err error) {
	if !slices.IsSorted(in) || len(slices.Compact(slices.Clone(in))) != len(in) {
		return 0, player.Faultf("11.1", "LoggedIn() is %q, and should be sorted, each user once", in)
	}
	for _, user := range in {
		n, ok := m.names[user]
		if !ok {
			return 0, player.Faultf("11.1", "LoggedIn() is %q, and nobody has ever asked to log in as %q", in, user)
		}
		set |= 1 << n
	}
	return set, nil
}

// Rest is that of a [player.Model].
func (m *model) Rest(p *player.Play) error {
	m.p = p
	m.observe()
	if m.refused != nil {
		return player.Faultf("1.1", "Open returned an error: %v", m.refused)
	}
	if m.Hasher.HashChanged() {
		return player.Faultf("10.2", "the hash that Matches was given became something else while it was at work")
	}
	for _, a := range m.live() {
		if err := m.plain(a); err != nil {
			return err
		}
	}
	if err := m.look(); err != nil {
		return err
	}
	return m.judge()
}

// judge looks for the worlds that explain what was observed.
func (m *model) judge() error {
	m.mayIn, m.mayOut = 0, 0
	found := m.search(question{})
	asked := m.asked
	m.asked = nil
	if m.lost {
		return nil
	}
	if len(found) == 0 {
		return m.why()
	}
	for _, c := range asked {
		if !c.Returned() {
			return player.Faultf("11.2", "LoggedIn() does not return\n%s", m.p.Stuck())
		}
		set, err := m.set(c.in)
		if err != nil {
			return err
		}
		for _, user := range slices.Sorted(maps.Keys(m.names)) {
			n := m.names[user]
			if in := set&(1<<n) != 0; in && m.mayIn&(1<<n) == 0 || !in && m.mayOut&(1<<n) == 0 {
				return player.Faultf("11.1", "LoggedIn() was %q while others were at work, and at no time then %s was logged %s", c.in, user, map[bool]string{true: "in", false: "out"}[in])
			}
		}
	}
	m.settle(found)
	return nil
}

// settle keeps the worlds that were found, without those of whom all is settled.
func (m *model) settle(found map[world]bool) {
	m.worlds = found
	for _, a := range m.live() {
		a.seen = len(a.replies)
		settled := true
		for w := range found {
			over := w.at[a.slot] == left || a.call != nil && !a.next(&w)
			settled = settled && over && w.owed[a.slot] == 0
		}
		if !settled {
			continue
		}
		a.gone = true
		m.worlds = map[world]bool{}
		for w := range found {
			w.at[a.slot] = 0
			m.worlds[w] = true
		}
		found = m.worlds
	}
}

// plain judges what needs no search: an answer that never came, or one too many.
func (m *model) plain(a *actor) error {
	if a.call != nil {
		if !a.call.Returned() && !m.hashes && !m.matches {
			return player.Faultf("11.2", "%s does not return\n%s", a.call.what, m.p.Stuck())
		}
		return nil
	}
	c, most := a.c, len(a.lines)
	if a.long || a.maybe {
		most++
	}
	switch {
	case len(a.replies) > most:
		return player.Faultf("", "%s sent %d lines, and got one more answer: %q", c.Addr, len(a.lines), player.Short(a.replies[most]))
	case m.open(a) && a.long:
		return player.Faultf("", "%s sent a line that is too long, and its connection was not closed", c.Addr)
	case m.open(a):
		return player.Faultf("12.2", "%s has left, and its connection was not closed", c.Addr)
	case m.over || c.How != "" || a.long || a.maybe || m.stuck(a):
	case c.Closed() || c.End != nil:
		return player.Faultf("", "the server has closed the connection of %s, which has not left", c.Addr)
	}
	want := len(a.lines)
	if a.long {
		want++
	}
	if a.tail {
		want--
	}
	silent := !m.hashes && !m.matches && m.sure(a) && c.Reading && (c.How == "" || c.How == "finish") && !(c.How == "" && len(a.part) > 0 && !a.long)
	if at := len(a.replies); silent && at < want {
		if at == len(a.lines) {
			return player.Faultf("", "%s sent a line that is too long, and did not get \"ERR line too long\"", c.Addr)
		}
		return player.Faultf("", "%s said %q, and no answer came\n%s", c.Addr, player.Short(a.lines[at].text), m.p.Stuck())
	}
	if len(c.In) > 0 && c.Reading && (c.How == "" || c.How == "finish") && m.sure(a) && (c.End == nil || errors.Is(c.End, io.EOF)) {
		return player.Faultf("", "%s got half a line: %q", c.Addr, c.In)
	}
	return nil
}
