package model

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"lockstep/harness/player"
)

const goodbye = "> Server is shutting down"

// heard judges what everybody got.
func (m *model) heard() error {
	for _, x := range m.guests {
		for _, c := range m.guests {
			switch {
			case c == x:
			case !x.wasIn: // it may have come before any of these
				x.open(c)
			case x.next[c] == nil: // c has come later
				x.next[c] = []int{0}
			}
		}
		for {
			i := bytes.IndexByte(x.In, '\n')
			if i < 0 {
				break
			}
			text := string(x.In[:i])
			x.In = x.In[i+1:]
			x.got += i + 1
			if err := m.line(x, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// open lets any broadcast of c be the first that x hears, unless one was.
func (x *guest) open(c *guest) {
	first, last := x.base[c], len(c.broadcasts(len(c.lines)))
	if next := x.next[c]; len(next) > 0 && next[0] > first {
		return
	}
	all := []int{}
	for i := first; i <= last; i++ {
		all = append(all, i)
	}
	x.next[c] = all
}

func (m *model) line(x *guest, text string) error {
	wrong := func(rule, format string, args ...any) error {
		return player.Faultf(rule, "%s got %q, %s", x.Addr, player.Short(text), fmt.Sprintf(format, args...))
	}
	if number, ok := strings.CutPrefix(text, "> You are client "); ok {
		switch {
		case number != fmt.Sprint(x.id):
			return wrong("1.1", "and it was the %s to connect", ordinal(x.id))
		case x.greeted:
			return wrong("2.1", "for the second time")
		}
		x.greeted = true
		return nil
	}
	if text == goodbye {
		switch {
		case m.stop == 0:
			return wrong("4.1", "and nobody has called Shutdown")
		case x.bye:
			return wrong("4.1", "for the second time")
		}
		x.bye = true
		return nil
	}
	if text == "ERR line too long" && (x.tooLong || len(x.part) > maxLine) && !x.err {
		x.err = true
		return nil
	}
	if echo, ok := strings.CutPrefix(text, "Echo: "); ok {
		all := x.echoes(len(x.lines))
		switch {
		case !x.greeted:
			return wrong("2.1", "before it was told its number")
		case x.err:
			return wrong("2.1", "behind the ERR")
		case x.echoed < len(all) && all[x.echoed] == echo, x.echoed == len(all) && x.tail(echo, false):
			x.echoed++
			return nil
		case x.echoed < len(all):
			return wrong("2.1", "where %q was due", "Echo: "+player.Short(all[x.echoed]))
		}
		return wrong("2.1", "to which it has said nothing")
	}
	var id int
	if n, _ := fmt.Sscanf(text, "[%d]", &id); n == 1 {
		c := m.by(id)
		said, ok := strings.CutPrefix(text, fmt.Sprintf("[%d] ", id))
		switch {
		case c == nil || !ok:
			return wrong("2.1", "which nobody said")
		case c == x:
			return wrong("2.1", "and had said that itself")
		}
		if x.hear(c, said) {
			return nil
		}
		return wrong("2.1", "%s", c.due(x))
	}
	return wrong("2.1", "which is no line of the table")
}

// hear tells whether a broadcast may have come next.
func (x *guest) hear(c *guest, text string) bool {
	said := c.broadcasts(len(c.lines))
	var next []int
	for _, i := range x.next[c] {
		if i < len(said) && (said[i] == text || c.How == "reset" && strings.HasPrefix(said[i], text)) || i == len(said) && c.tail(text, true) {
			next = append(next, i+1)
		}
	}
	x.next[c] = next
	return len(next) > 0
}

// due says what x could have heard of c.
func (c *guest) due(x *guest) string {
	said := c.broadcasts(len(c.lines))
	if len(said) == 0 {
		return fmt.Sprintf("and client %d has broadcast nothing", c.id)
	}
	return fmt.Sprintf("where client %d had broadcast, from its beginning: %s", c.id, player.Short(strings.Join(said, ", ")))
}

// left judges, while nobody has told the server to end, who has left and what those who stay must have got.
func (m *model) left() error {
	for _, x := range m.guests {
		if x.Closed() && x.goneIn == 0 {
			x.goneIn = m.scene
		}
		if !m.inside(x) {
			if len(x.In) > 0 || x.greeted {
				return player.Faultf("1.1", "%s got something, and its Accept has not returned", x.Addr)
			}
			continue
		}
		if m.stop != 0 {
			continue
		}
		stays := x.How == "" && !x.tooLong
		switch {
		case stays && (x.Closed() || x.End != nil):
			return player.Faultf("1.4", "the server has closed the connection of %s, which has not left", x.Addr)
		case !stays && m.mustClose(x) && !x.Closed():
			return player.Faultf("1.4", "%s has %s, and the server has not closed its connection\n%s", x.Addr, x.why(), m.p.Stuck())
		}
		if !x.Reading || x.How == "leave" || x.How == "reset" {
			continue
		}
		switch {
		case !x.greeted && !x.Gripped:
			return player.Faultf("2.1", "%s was not told its number\n%s", x.Addr, m.p.Stuck())
		case x.echoed < len(x.echoes(x.sure)):
			return player.Faultf("2.1", "%s got no answer to %q\n%s", x.Addr, player.Short(x.echoes(x.sure)[x.echoed]), m.p.Stuck())
		case x.tooLong && !x.err && m.mustClose(x):
			return player.Faultf("2.1", "%s said a line that is too long, and did not get the ERR", x.Addr)
		case stays && len(x.In) > 0 && !m.stuck(x):
			return player.Faultf("2.1", "%s got half a line: %q", x.Addr, player.Short(string(x.In)))
		}
		if stays {
			if err := m.missed(x); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *guest) why() string {
	if x.How == "" {
		return "said a line that is too long"
	}
	return map[string]string{"finish": "half-closed its connection", "leave": "left", "reset": "broken its connection off"}[x.How]
}

// missed judges whether x got all broadcasts that must have reached it.
func (m *model) missed(x *guest) error {
	for _, c := range m.guests {
		if c == x {
			continue
		}
		over := c.broadcasts(c.sure)
		all := x.next[c]
		next := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return i < len(over) })
		if len(next) == 0 {
			return player.Faultf("2.1", "%s did not get %q, which client %d broadcast\n%s", x.Addr, player.Short(fmt.Sprintf("[%d] %s", c.id, over[all[len(all)-1]])), c.id, m.p.Stuck())
		}
		x.next[c] = next
	}
	return nil
}

func ordinal(n int) string {
	if n < 4 {
		return []string{"", "first", "second", "third"}[n]
	}
	return fmt.Sprintf("%dth", n)
}
