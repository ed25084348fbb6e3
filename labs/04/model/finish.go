package model

import (
	"errors"
	"io"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// finish lets all finish who are there when the listener closes. Those who have said nothing yet ask now.
func (m *model) finish(p *player.Play) error {
	m.log.Release()
	for _, u := range m.users {
		u.Do(p, "go", "")
		u.Do(p, "read", "")
	}
	if err := p.Settle(); err != nil {
		return err
	}
	m.forget(p)
	m.rested()
	if err := m.stays(p); err != nil {
		return err
	}
	for _, u := range m.users {
		if k, _ := u.kind(); k == none && len(u.said) == 0 {
			u.Do(p, "write", "SEND\nlate")
		}
	}
	for _, u := range m.users {
		u.Do(p, "finish", "")
		if err := p.Settle(); err != nil {
			return err
		}
		if err := m.stays(p); err != nil {
			return err
		}
	}
	p.Await(func() bool { return m.judge() == nil })
	return m.judge()
}

// stays judges that Serve has not returned while clients are there who may finish.
func (m *model) stays(p *player.Play) error {
	if !p.Returned() {
		return nil
	}
	for _, u := range m.users {
		if u.How == "" && u.End == nil {
			return player.Faultf("4.2", "the listener has closed, Serve has returned, and %s may still finish", u.Addr)
		}
	}
	return nil
}

// Do lets a client act, if it is the one that has its name now.
func (u *user) Do(p *player.Play, verb, text string) {
	if p.Client(u.Name) != u.Client {
		return
	}
	a := story.Act{Verb: verb, Who: u.Name}
	if text != "" {
		a.Text = []byte(text)
	}
	p.Do(a)
}

// forget leaves out those who came when the listener was closing already, and were not let in.
func (m *model) forget(p *player.Play) {
	var there []*user
	for _, u := range m.users {
		if u.Born == p.Scene && u.End != nil && !errors.Is(u.End, io.EOF) && len(u.In) == 0 {
			continue
		}
		there = append(there, u)
	}
	m.users = there
}
