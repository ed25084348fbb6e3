package model

import (
	"strings"

	"lockstep/harness/player"
)

// lines judges what was said.
func (m *model) lines(leavers []*guest, stays func(*guest) bool) error {
	for _, c := range m.guests {
		if c.gone != 0 && c.gone < m.p.Scene { // nothing new; who reads late is judged below
			for _, x := range m.guests {
				if f := m.heard(x, c, c.done, max(c.done, c.doneHi), stays(x)); f != nil {
					return f
				}
			}
			continue
		}
		least := c.done
		must := !c.caughtNow() && c.How != "reset" && !c.dropped
		if must {
			least = len(c.lines)
		} else {
			least = max(least, min(c.rested, len(c.lines)))
			if c.dropped || c.caughtNow() {
				least = c.done
			}
		}
		// what those heard who were there before, know where they are, and stay
		done := -1
		for _, x := range m.guests {
			p, ok := x.pos[c]
			if x == c || !ok || !x.hears() || !stays(x) {
				continue
			}
			n := p + len(x.texts[c])
			if done >= 0 && done != n {
				return player.Faultf("2.1", "of what %s said, one of the others heard %d lines and another one %d", c.Addr, done, n)
			}
			done = n
		}
		if done < 0 {
			for _, x := range m.guests {
				if x.heardE[c] || x.pos[c] > 0 {
					least = max(least, x.pos[c]+len(x.texts[c]))
				}
			}
			done = least
			if !must { // nobody knows
				for _, x := range m.guests {
					if f := m.heard(x, c, least, len(c.lines), stays(x)); f != nil {
						return f
					}
				}
				c.done, c.doneHi = min(done, len(c.lines)), len(c.lines)
				continue
			}
		}
		tail := done == len(c.lines)+1 && c.How != "" && !c.tooLong
		if done < least || done > len(c.lines) && !tail && c.How != "reset" {
			return player.Faultf("2.1", "%s said %d lines, and the others heard %d", c.Addr, len(c.lines), done)
		}
		for _, x := range m.guests {
			if f := m.heard(x, c, done, done, stays(x)); f != nil {
				return f
			}
		}
		c.done, c.doneHi = min(done, len(c.lines)), 0
	}
	return nil
}

// heard judges what x heard of c: a piece of what it said, up to a line between lo and hi.
func (m *model) heard(x, c *guest, lo, hi int, stays bool) error {
	if x == c || !x.hears() && len(x.texts[c]) == 0 {
		return nil
	}
	got := x.texts[c]
	p, known := x.pos[c]
	if !known && x.heardE[c] {
		p, known = 0, true
	}
	from, to := p, p
	if !known {
		from, to = x.doneBorn[c], hi
		if end, ok := x.doneEnd[c]; ok {
			to = end
		}
	}
	if !known && len(got) == 0 && lo != hi {
		return nil // nobody can say yet
	}
	slack := 0
	if c.How != "" && len(c.part) > 0 && !c.tooLong {
		slack = 1
	}
	if !stays || !x.hears() { // what waits for it may be lost, or come later
		lo = 0
	}
	for start := to; start >= from; start-- {
		end := start + len(got)
		if end >= lo && end <= hi+slack && m.match(c, start, got) {
			x.pos[c] = end
			return nil
		}
	}
	want := c.lines[min(from, len(c.lines)):]
	heard, said := apart(got, want)
	return player.Faultf("2.1", "%s heard of %s\n  %s\nwhere that one had said\n  %s", x.Addr, c.Addr, heard, said)
}

// apart shows two lists of lines around the first one that is not the same.
func apart(a, b []string) (string, string) {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-2)
	shown := func(lines []string, other string) string {
		if from >= len(lines) {
			return "nothing"
		}
		var all []string
		for i := from; i < min(at+3, len(lines)); i++ {
			line, _ := player.Apart(lines[i], "")
			if i == at {
				line, _ = player.Apart(lines[i], other)
			}
			all = append(all, line)
		}
		if from > 0 {
			all = append([]string{"..."}, all...)
		}
		if at+3 < len(lines) {
			all = append(all, "...")
		}
		return strings.Join(all, ", ")
	}
	line := func(lines []string) string {
		if at < len(lines) {
			return lines[at]
		}
		return ""
	}
	return shown(a, line(b)), shown(b, line(a))
}

// match tells whether got is what c said from a line on. Behind its last line there may be one that it did not end.
func (m *model) match(c *guest, start int, got []string) bool {
	for i, text := range got {
		switch at := start + i; {
		case at < len(c.lines):
			if c.lines[at] != text && !(c.How == "reset" && i == len(got)-1 && strings.HasPrefix(c.lines[at], text)) {
				return false
			}
		case at == len(c.lines) && c.How != "" && !c.tooLong:
			part := strings.TrimSuffix(string(c.part), "\r")
			if text != part && text != string(c.part) && !(c.How == "reset" && strings.HasPrefix(part, text)) {
				return false
			}
			if len(c.part) == 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}
