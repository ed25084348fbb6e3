package model

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"lockstep/harness/player"
)

// clients asks who is there.
func (m *model) clients() error {
	q := m.ask()
	if !m.p.Ask(func() { <-q.done }) {
		return player.Faultf("1.6", "Clients() does not return\n%s", m.p.Stuck())
	}
	must, may := m.present()
	return q.judge(must, may)
}

// present is who must and who may be in the list that Clients returns, now.
func (m *model) present() (must, may map[int]string) {
	must, may = map[int]string{}, map[int]string{}
	if m.p.Returned() {
		return must, may
	}
	for _, g := range m.guests {
		left := g.How != "" || g.tooLong || m.stop != 0
		switch {
		case !m.inside(g):
			if !left || m.stop != 0 {
				may[g.id] = g.Addr
			}
		case !left:
			must[g.id], may[g.id] = g.Addr, g.Addr
		case !m.mustClose(g):
			may[g.id] = g.Addr
		}
	}
	return must, may
}

// A question is a call of Clients.
type question struct {
	done    chan struct{}
	got     map[int]string
	present func() (must, may map[int]string)
}

// ask calls Clients, and changes the map that it returns.
func (m *model) ask() *question {
	q := &question{done: make(chan struct{}), got: map[int]string{}}
	go func() { // ends with the method
		defer close(q.done)
		list := m.Clients()
		for id, addr := range list {
			q.got[id] = "nil"
			if addr != nil {
				q.got[id] = addr.String()
			}
		}
		if list != nil {
			clear(list)
			list[99] = &net.TCPAddr{}
		}
	}()
	return q
}

// answers judges what Clients returned while the others acted.
func (m *model) answers() error {
	for _, q := range m.asked {
		if !m.p.Ask(func() { <-q.done }) {
			return player.Faultf("1.6", "Clients() does not return\n%s", m.p.Stuck())
		}
		must, may := m.presentAmid()
		if err := q.judge(must, may); err != nil {
			return err
		}
	}
	m.asked = nil
	return nil
}

// presentAmid is who must and who may have been in a list at any time of this scene.
func (m *model) presentAmid() (must, may map[int]string) {
	must, may = m.present()
	for _, g := range m.guests {
		if !g.wasIn {
			delete(must, g.id)
		}
		if g.goneIn == 0 || g.goneIn == m.scene {
			may[g.id] = g.Addr
		}
	}
	return must, may
}

func (q *question) judge(must, may map[int]string) error {
	for id, addr := range q.got {
		if may[id] != addr {
			return player.Faultf("1.3", "Clients() has number %d at %s, and should be\n  %s", id, addr, listed(must))
		}
	}
	for id, addr := range must {
		if q.got[id] == "" {
			return player.Faultf("1.4", "Clients() has no number %d, who is %s\n  it is        %s\n  it should be %s", id, addr, listed(q.got), listed(must))
		}
	}
	return nil
}

func listed(list map[int]string) string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(list)) {
		all = append(all, fmt.Sprint(id, " ", list[id]))
	}
	if len(all) == 0 {
		return "nobody"
	}
	return strings.Join(all, ", ")
}
