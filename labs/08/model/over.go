package model

import (
	"context"
	"errors"
	"slices"

	"lockstep/harness/await"
	"lockstep/harness/player"
)

// Ended is that of a [player.Ender].
func (m *model) Ended(p *player.Play, result error) error {
	m.begin(p)
	m.hangUpAll()
	_ = await.Patience{}.Until(func() bool { return !slices.ContainsFunc(m.calls, (*call).pending) }) // some look every now and then whether it is over
	select {
	case err := <-m.first:
		if err != nil {
			return err
		}
	default:
	}
	switch {
	case m.never && !errors.Is(result, m.closed):
		return player.Faultf("8.3", "Shutdown was called before Serve, and Serve returned %v instead of ErrClosed", result)
	case m.never:
		return nil
	case m.stop == 1 && errors.Is(result, m.closed): // the call came first
		m.never = true
		return nil
	case m.stop != 0 && result != nil:
		return player.Faultf("6.1", "Serve should return nil behind Shutdown, and returned the error %q", result)
	case m.stop != 0:
		return m.early()
	case !p.Down:
		return player.Faultf("", "Serve has returned, with %v: nobody has called Shutdown, and its listener is open", result)
	case p.Failed() != nil && result != p.Failed():
		return player.Faultf("9.2", "Accept failed with %q, and Serve returned %v", p.Failed(), result)
	case p.Failed() == nil && result != nil:
		return player.Faultf("9.1", "Serve should return nil once its listener is closed, and returned the error %q", result)
	}
	return nil
}

// early says what is wrong if Serve has returned and somebody is still there.
func (m *model) early() error {
	for _, g := range m.guests {
		if !g.Closed() {
			return player.Faultf("6.1", "Serve has returned, and the connection of %s is open", g.Addr)
		}
	}
	return nil
}

// Closing is that of a [player.Model]: whoever has called Shutdown loses patience, or somebody else calls it who has none.
func (m *model) Closing(p *player.Play) {
	m.begin(p)
	m.hangUpAll()
	if m.stop == 0 || p.Returned() {
		return
	}
	m.forced, m.must = true, true
	for _, c := range slices.Backward(m.calls) {
		if c.ctx != nil && c.ctx.cancel != nil && c.pending() {
			c.ctx.cancel(errImpatient)
			return
		}
	}
	m.shutdown("done")
}

// Over is that of a [player.Model].
func (m *model) Over(p *player.Play, _ error) error {
	m.begin(p)
	if err := m.returned(); err != nil {
		return err
	}
	for _, c := range m.calls {
		if c.pending() {
			return player.Faultf("8.2", "Serve has returned, and %s has not\n%s", c.name, p.Stuck())
		}
	}
	for name, c := range m.consoles {
		if !c.call.Returned() {
			return player.Faultf("10.2", "Console does not return at the end of its input (%s)\n%s", name, p.Stuck())
		}
	}
	var err error
	switch again := m.stop != 0 || m.never; {
	case !p.Ask(func() { err = m.Shutdown(context.Background()) }):
		return player.Faultf("9.3", "Serve has returned, and then Shutdown does not\n%s", p.Stuck())
	case err != nil && again:
		return player.Faultf("8.1", "it is over, and Shutdown, called once more, returned the error %q", err)
	case err != nil:
		return player.Faultf("9.3", "Serve has returned, and then Shutdown returned the error %q", err)
	}
	if err := m.clients(); err != nil {
		return err
	}
	return m.lastList()
}
