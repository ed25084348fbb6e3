package model

import (
	"lockstep/harness/player"
	"lockstep/harness/story"
)

// farewell is what clients do when the listener has closed: who is there says something, and is answered; then they leave, one after the other, and Serve
// waits for the last one.
func (m *model) farewell(p *player.Play) error {
	m.pauses(p)
	if err := m.waitedFor(p); err != nil {
		return err
	}
	if err := m.accepted(p); err != nil {
		return err
	}
	for _, g := range m.guests {
		if g.How == "" {
			p.Do(story.Act{Verb: "read", Who: g.Name})
		}
	}
	if err := m.still(p); err != nil {
		return err
	}
	for _, g := range m.guests {
		if g.How == "" && g.call != 0 && m.callOf(g.call-1).how == in {
			p.Do(story.Act{Verb: "write", Who: g.Name, Text: []byte("still here\n")})
		}
	}
	if err := m.still(p); err != nil {
		return err
	}
	for _, g := range m.guests {
		if !p.Do(story.Act{Verb: "leave", Who: g.Name}) {
			continue
		}
		m.release(gateOf(g.Name))
		if err := m.waitedFor(p); err != nil {
			return err
		}
	}
	return nil
}

// still judges that all go on who have their Handle. What becomes of those who wait for a place is for the server to say.
func (m *model) still(p *player.Play) error {
	var wrong error
	p.Await(func() bool { // a server may take its leave of a client
		wrong = m.stillNow(p)
		return wrong == nil
	})
	return wrong
}

func (m *model) stillNow(p *player.Play) error {
	if err := m.waitedFor(p); err != nil {
		return err
	}
	for _, g := range m.guests {
		if len(g.In) == 0 {
			continue
		}
		if err := m.heard(g); err != nil {
			return player.Faultf(m.goOn(p), "the listener has closed; %v", err)
		}
	}
	return nil
}

// pauses lets those pass that a server may make behind errors of Accept.
func (m *model) pauses(p *player.Play) {
	if pausing, _ := m.accepts.pausing(); pausing {
		p.Do(story.Act{Verb: "pass", Who: "1m"})
	}
}

// waitedFor lets all come to rest: Serve waits while a Handle is at work.
func (m *model) waitedFor(p *player.Play) error {
	if err := p.Settle(); err != nil {
		return err
	}
	now := m.count()
	if n := now.begun - now.over; n > 0 && p.Returned() {
		return player.Faultf(m.goOn(p), "Serve has returned, and %s not", calls(n))
	}
	return nil
}

// accepted judges that Handle was called for all who were accepted, if there was a place for each of them.
func (m *model) accepted(p *player.Play) error {
	newcomers := len(m.guests) - m.quiet.dialed
	if m.limit > 0 && (m.quiet.waiting || m.quiet.in+newcomers > m.limit) {
		return nil
	}
	n, _ := m.accepts.state()
	if begun := m.count().begun; n > begun {
		return player.Faultf(m.goOn(p), "the listener has closed; %d clients were accepted, and Handle was called %d times", n, begun)
	}
	return nil
}

// goOn is the rule by which those who are there go on.
func (m *model) goOn(p *player.Play) string {
	if p.Story.End == "fail" {
		return "8.1"
	}
	return "3.2"
}
