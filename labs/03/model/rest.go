package model

import (
	"bytes"
	"fmt"
	"strings"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// judge tells what is wrong when all have come to rest and the listener is open.
func (m *model) judge(p *player.Play) error {
	now := m.count()
	if err := m.always(p, now); err != nil {
		return err
	}
	if err := m.served(now); err != nil {
		return err
	}
	for _, g := range m.guests {
		if err := m.heard(g); err != nil {
			return err
		}
	}
	if err := m.closed(now); err != nil {
		return err
	}
	return m.logged(now)
}

// always judges what holds at every rest, the last one too.
func (m *model) always(p *player.Play, now count) error {
	dialed, in := len(m.guests), now.begun-now.over
	switch {
	case m.limit > 0 && now.most > m.limit:
		return player.Faultf("5.1", "Limit is %d, and %d clients were handled at once", m.limit, now.most)
	case now.begun > dialed:
		return player.Faultf("1.1", "%d clients have connected, and Handle was called %d times", dialed, now.begun)
	case now.asking > 0:
		return player.Faultf("4.4", "Active() does not return\n%s", p.Stuck())
	case now.sooner != 0:
		return player.Faultf("4.3", "Serve was not called yet, and Active() returned %d", now.sooner)
	case now.odd.wrong && now.odd.got < now.odd.least:
		return player.Faultf("4.2", "Active() returned %d, and at least %d were being handled all the time", now.odd.got, now.odd.least)
	case now.odd.wrong:
		return player.Faultf("5.3", "Active() returned %d, and no more than %d can have been active", now.odd.got, now.odd.atMost)
	case now.highest > dialed-now.rested:
		return player.Faultf("4.1", "Active() returned %d, and there are no more than %d clients", now.highest, dialed-now.rested)
	}
	n := 0
	if !p.Ask(func() { n = m.Active() }) {
		return player.Faultf("4.4", "Active() does not return\n%s", p.Stuck())
	}
	switch {
	case n > in && in < now.begun && m.panicked(now):
		return player.Faultf("6.2", "all have come to rest, Active() is %d, and %s: a Handle that has panicked does not count", n, handled(in))
	case n > in && now.begun < dialed && !p.Down:
		return player.Faultf("5.3", "all have come to rest, Active() is %d, and %s: who waits does not count", n, handled(in))
	case n != in:
		return player.Faultf("4.1", "all have come to rest, Active() is %d, and %s", n, handled(in))
	}
	if _, wrong := m.accepts.state(); wrong.rule != "" {
		text := fmt.Sprintf("Accept failed with a temporary error, and was called again after %v", wrong.took)
		if wrong.before > 0 {
			text += fmt.Sprintf("; the pause before was %v", wrong.before)
		}
		return player.Faultf(wrong.rule, "%s", text)
	}
	return nil
}

func handled(n int) string {
	if n == 1 {
		return "1 client is being handled"
	}
	return fmt.Sprintf("%d clients are being handled", n)
}

func (m *model) panicked(now count) bool {
	for n := range min(now.begun, mostCalls) {
		if m.callOf(n).how == panicked {
			return true
		}
	}
	return false
}

// served judges that nobody waits who need not.
func (m *model) served(now count) error {
	pausing, late := m.accepts.pausing()
	dialed, in := len(m.guests), now.begun-now.over
	switch {
	case late:
		return player.Faultf("7.1", "Accept failed with a temporary error, and was not called again within a second")
	case pausing || now.begun == dialed:
		return nil
	case m.limit == 0:
		return player.Faultf("1.2", "%d clients have connected, and Handle was called %d times", dialed, now.begun)
	case in < m.limit:
		return player.Faultf("5.2", "Limit is %d, %s, and of %d clients that have connected %d still wait", m.limit, handled(in), dialed, dialed-now.begun)
	}
	return nil
}

// waits judges that the server waits while clients do. That it sleeps counts only if it did not where nobody waited: it may do so for other reasons.
func (m *model) waits(p *player.Play) error {
	pausing, _ := m.accepts.pausing()
	switch waiting := m.count().begun < len(m.guests); {
	case pausing || m.limit == 0:
		return nil
	case !waiting:
		m.calm = m.calm || p.Asleep() == ""
		return nil
	case !m.calm || p.Asleep() == "":
		return nil
	}
	p.Do(story.Act{Verb: "pass", Who: "5s"})
	if err := p.Settle(); err != nil {
		return err
	}
	if who := p.Asleep(); who != "" {
		return player.Faultf("5.5", "clients wait for a place, and somebody sleeps, and looks again and again\n%s", who)
	}
	return nil
}

// heard judges what a client got: what its Handle has said, nothing else, and the end of its connection when that has closed it, or has ended.
func (m *model) heard(g *guest) error {
	if g.call == 0 && len(g.In) > 0 {
		n := 0
		if line, _, whole := strings.Cut(string(g.In), "\n"); whole {
			fmt.Sscanf(line, "you are %d", &n)
		}
		if n < 1 || n > min(m.count().begun, mostCalls) {
			return player.Faultf("1.1", "%s got %.60q, and no Handle has said so", g.Addr, g.In)
		}
		g.call = n
		for _, o := range m.guests {
			if o != g && o.call == n {
				return player.Faultf("1.1", "one call of Handle has greeted two clients, %s and %s", o.Addr, g.Addr)
			}
		}
	}
	if g.call == 0 {
		switch {
		case g.End != nil && m.limit > 0:
			return player.Faultf("5.2", "%s waits for a place, and its connection has ended", g.Addr)
		case g.End != nil:
			return player.Faultf("1.1", "the connection of %s has ended, and Handle was not called for it", g.Addr)
		}
		return nil
	}
	call := m.callOf(g.call - 1)
	want, stops, told := transcript(g.call-1, g.said)
	whole := g.Reading && g.How != "reset" && !g.Held()
	switch {
	case !bytes.HasPrefix(want, g.In):
		got, said := player.Apart(string(g.In), string(want))
		return player.Faultf("1.1", "%s got\n  %s\nand the Handle that talks to it has said\n  %s", g.Addr, got, said)
	case whole && len(g.In) < len(want) && !(call.waits && stops[len(g.In)]):
		got, due := player.Apart(string(g.In), string(want))
		return player.Faultf("1.2", "%s got\n  %s\nand its Handle should have had lines to answer with\n  %s", g.Addr, got, due)
	case call.how == returned && g.How == "" && !told:
		return player.Faultf("2.1", "a Read of the Handle of %s has failed, and its client is still there", g.Addr)
	case call.how == panicked && !g.Closed():
		return player.Faultf("6.2", "the Handle of %s has panicked, and its connection was not closed", g.Addr)
	case call.how == returned && !g.Closed():
		return player.Faultf("2.1", "the Handle of %s has returned, and its connection was not closed", g.Addr)
	case call.how == in && !call.closed && g.Closed():
		return player.Faultf("2.1", "the connection of %s was closed, and its Handle has not returned", g.Addr)
	case call.how == in && !call.closed && g.Reading && g.End != nil:
		return player.Faultf("2.1", "the connection of %s has ended, and its Handle has not returned", g.Addr)
	}
	return nil
}

// transcript is what the n-th call says to a client that says this, where it may stop because it waits, and whether it was told to end.
func transcript(n int, said []byte) (text []byte, stops map[int]bool, told bool) {
	text = append(text, greeting(n)...)
	stops = map[int]bool{}
	for line := range strings.Lines(string(said)) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		switch word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " "); word {
		case sayShut, sayClose, sayBye, sayText, sayError, sayIndex:
			return text, stops, true
		case sayWait:
			stops[len(text)] = true
		}
		text = append(text, answer(line)...)
	}
	return text, stops, false
}

// closed judges how many connections are, for those of whom nobody knows which call was theirs.
func (m *model) closed(now count) error {
	want, got := 0, 0
	for n := range min(now.begun, mostCalls) {
		if call := m.callOf(n); call.how != in || call.closed {
			want++
		}
	}
	for _, g := range m.guests {
		if g.Closed() {
			got++
		}
	}
	switch {
	case got < want:
		return player.Faultf("2.1", "%d calls of Handle have ended or have closed their connections, and %d connections are closed", want, got)
	case got > want:
		return player.Faultf("2.1", "%d calls of Handle have ended or have closed their connections, and %d connections are closed: one of them too early", want, got)
	}
	return nil
}

// logged judges that each panic was.
func (m *model) logged(now count) error {
	if m.records == nil {
		return nil
	}
	text := ""
	for n := range min(now.begun, mostCalls) {
		if m.callOf(n).how != panicked {
			continue
		}
		if text == "" {
			text = m.records.Text()
		}
		if value := kettle(n); !strings.Contains(text, value) && !strings.Contains(text, index(n)) {
			return player.Faultf("6.2", "Handle has panicked with %q, and no record in Log has that\nwhat was logged:\n%s", value, player.Short(text))
		}
	}
	return nil
}
