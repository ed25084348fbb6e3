package model

import (
	"slices"

	"lockstep/harness/player"
)

// Pending is that of a [player.Model]: a server may look for its end every now and then, and read on for a while behind an error.
func (m *model) Pending(p *player.Play) bool {
	m.begin(p)
	m.impatience()
	if m.never {
		return !p.Returned()
	}
	for _, g := range m.guests {
		if m.mustClose(g) && (!g.Closed() || g.Reading && g.End == nil) {
			return true
		}
	}
	return m.mustEnd() && (!p.Returned() || slices.ContainsFunc(m.calls, (*call).pending))
}

// mustClose tells whether the connection of g is to be closed, at rest.
func (m *model) mustClose(g *guest) bool {
	switch {
	case !m.inside(g) || g.caught():
		return false
	case m.must:
		return true
	}
	return (m.stop != 0 || g.How != "" || g.tooLong) && !m.stuck(g)
}

// mustEnd tells whether the server is to have ended, at rest.
func (m *model) mustEnd() bool {
	return m.stop != 0 && !m.busy() && !slices.ContainsFunc(m.guests, func(g *guest) bool { return !g.Closed() })
}

// Rest is that of a [player.Model].
func (m *model) Rest(p *player.Play) error {
	m.begin(p)
	m.impatience()
	if m.never {
		return m.nothing()
	}
	m.deal()
	for _, rule := range []func() error{m.heard, m.left, m.told, m.returned, m.clients, m.answers, m.printed} {
		if err := rule(); err != nil {
			return err
		}
	}
	for _, g := range m.guests {
		g.wasIn = g.wasIn || m.stop == 0 && m.inside(g)
		if !g.caught() {
			g.rested = len(g.lines)
		}
		g.stalled = m.stalls(g)
	}
	m.over = m.over || p.Returned()
	return nil
}

// nothing judges a server that was shut down before Serve.
func (m *model) nothing() error {
	if !m.p.Returned() {
		return player.Faultf("8.3", "Shutdown was called before Serve, and Serve does not return\n%s", m.p.Stuck())
	}
	for _, g := range m.guests {
		if len(g.In) > 0 {
			return player.Faultf("8.3", "Shutdown was called before Serve, and %s got %q", g.Addr, player.Short(string(g.In)))
		}
	}
	for _, rule := range []func() error{m.returned, m.clients, m.answers, m.printed} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}
