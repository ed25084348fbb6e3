package model

import (
	"context"
	"errors"
	"slices"
	"time"

	"lockstep/harness/player"
)

// errImpatient is why contexts end. Nobody is to return it: ctx.Err() is something else.
var errImpatient = errors.New("the operator has no patience")

// An ending is a context of the story's.
type ending struct {
	context.Context
	cancel context.CancelCauseFunc // nil if the story cannot cancel it
}

// A call is one of Shutdown, or exit.
type call struct {
	*player.Call
	name   string
	ctx    *ending // nil for exit, whose patience is the student's
	began  time.Time
	done   bool // ctx was done at the last rest
	judged bool
	err    *error // what it returned
	open   *guest // who was in when it was called, and whose connection was open when it returned nil; nil if nobody's was
}

func (c *call) pending() bool { return !c.Returned() }

// shutdown calls Shutdown with a context: patient, which is never done; done; that of a name, which can be cancelled; or so long, as 5s.
func (m *model) shutdown(how string) {
	e := m.ctxs[how]
	switch limit, err := time.ParseDuration(how); {
	case how == "patient":
		e = &ending{Context: context.Background()}
	case err == nil:
		ctx, cancel := context.WithTimeoutCause(context.Background(), limit, errImpatient)
		e = &ending{ctx, func(error) { cancel() }}
	case e == nil:
		ctx, cancel := context.WithCancelCause(context.Background())
		e = &ending{ctx, cancel}
		if how == "done" {
			cancel(errImpatient)
		}
		m.ctxs[how] = e
	}
	c := &call{name: "Shutdown (" + how + ")", ctx: e, began: time.Now(), err: new(error)}
	var in []*guest
	for _, g := range m.guests {
		if g.wasIn && !g.Closed() {
			in = append(in, g)
		}
	}
	c.Call = m.p.Go(func() {
		*c.err = m.Shutdown(e)
		for _, g := range in { // now, and not when all have come to rest
			if *c.err == nil && c.open == nil && !g.Closed() {
				c.open = g
			}
		}
	})
	m.ends(c)
}

// ends takes note of a call that ends the server.
func (m *model) ends(c *call) {
	m.calls = append(m.calls, c)
	if m.stop == 0 {
		m.stop = m.scene
	}
}

func (m *model) cancel(name string) bool {
	e := m.ctxs[name]
	if e == nil || e.Err() != nil {
		return false
	}
	e.cancel(errImpatient)
	return true
}

// impatience takes note of whose patience has ended before the server had.
func (m *model) impatience() {
	for _, c := range m.calls {
		if !m.over && c.impatient() {
			m.forced, m.must = true, m.must || c.ctx != nil
		}
	}
}

// young is how old exit may be without having lost patience, for which there is no rule.
const young = 900 * time.Millisecond

// impatient tells whether the call may have used force.
func (c *call) impatient() bool {
	if c.ctx == nil {
		return time.Since(c.began) > young
	}
	return c.ctx.Err() != nil
}

// told judges, once the server was told to end, whether everybody was told, and was answered.
func (m *model) told() error {
	if m.stop == 0 {
		return nil
	}
	for _, x := range m.guests {
		switch {
		case x.late:
			return player.Faultf("3.1", "Shutdown was called, and %s could still connect", x.Addr)
		case !m.mustClose(x):
			continue
		case !x.Closed() && m.must && m.stuck(x):
			return player.Faultf("7.1", "ctx is done, and the connection of %s, which does not read, is still open\n%s", x.Addr, m.p.Stuck())
		case !x.Closed() && !x.bye && x.How == "":
			return player.Faultf("4.1", "Shutdown was called, and %s was not told and its connection is open\n%s", x.Addr, m.p.Stuck())
		case !x.Closed():
			return player.Faultf("5.2", "Shutdown was called, and the connection of %s is still open\n%s", x.Addr, m.p.Stuck())
		}
		if !x.Reading || x.How != "" || x.End == nil || m.forced {
			continue
		}
		switch {
		case len(x.In) > 0 && !(x.bye && x.In[0] == '['): // a BROADCAST that came too late may be cut off
			return player.Faultf("5.1", "%s got half a line, and then its connection was closed: %q", x.Addr, player.Short(string(x.In)))
		case x.wasIn && !x.bye && !x.err:
			return player.Faultf("4.1", "the connection of %s was closed, and it was not told that the server is shutting down", x.Addr)
		case x.greeted && !x.bye && !x.err:
			return player.Faultf("3.2", "%s was told its number, and not that the server is shutting down", x.Addr)
		case x.echoed < len(x.echoes(x.begun)):
			return player.Faultf("5.1", "the server had read %q from %s, and did not answer", player.Short(x.echoes(x.begun)[x.echoed]), x.Addr)
		}
		if x.wasIn && !x.tooLong {
			if err := m.missed(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// returned judges who has returned, and with what.
func (m *model) returned() error {
	var open *guest
	for _, g := range m.guests {
		if m.inside(g) && !g.Closed() && open == nil {
			open = g
		}
	}
	for _, c := range m.calls {
		if c.pending() || c.judged {
			continue
		}
		c.judged = true
		if c.open != nil {
			return player.Faultf("6.1", "when %s returned nil, the connection of %s was still open", c.name, c.open.Addr)
		}
		if open != nil {
			return player.Faultf(c.rule("8.2"), "%s has returned, with %v, and the connection of %s is open", c.name, *c.err, open.Addr)
		}
		if err := m.result(c); err != nil {
			return err
		}
	}
	for _, c := range m.calls {
		switch must := m.p.Returned() || m.never || m.forced && c.ctx != nil && c.ctx.Err() != nil && !m.busy(); {
		case c.pending() && must && m.p.Returned():
			return player.Faultf(c.rule("8.2"), "%s does not return, although it is over\n%s", c.name, m.p.Stuck())
		case c.pending() && must:
			return player.Faultf("7.1", "%s does not return, although its ctx is done\n%s", c.name, m.p.Stuck())
		}
		c.done = c.ctx != nil && c.ctx.Err() != nil
	}
	if m.mustEnd() && !m.p.Returned() && !m.never {
		return player.Faultf("6.1", "all connections are closed, and Serve does not return\n%s", m.p.Stuck())
	}
	return nil
}

func (c *call) rule(number string) string {
	if c.ctx == nil {
		return "10.1"
	}
	return number
}

// result judges what a call returned.
func (m *model) result(c *call) error {
	switch {
	case c.ctx == nil:
		if *c.err != nil && !m.forced && time.Since(c.began) < young {
			return player.Faultf("10.1", "Console returned the error %q behind exit, and nobody was cut off", *c.err)
		}
	case *c.err == nil:
		if m.mustForce(c) {
			return player.Faultf("7.1", "%s had to cut somebody off, and returned nil instead of ctx.Err()", c.name)
		}
	case c.ctx.Err() == nil:
		return player.Faultf("6.1", "%s returned the error %q, and its ctx is not done", c.name, *c.err)
	case !errors.Is(*c.err, c.ctx.Err()):
		return player.Faultf("7.1", "%s returned %q, and ctx.Err() is %q", c.name, *c.err, c.ctx.Err())
	}
	return nil
}

// mustForce tells whether c alone can have made the server end: somebody kept it from ending, and nobody else has lost patience.
func (m *model) mustForce(c *call) bool {
	if c.done || c.ctx.Err() == nil || !slices.ContainsFunc(m.guests, func(g *guest) bool { return g.deaf && !g.Reading && g.How == "" && !g.Gripped }) {
		return false
	}
	for _, o := range m.calls {
		if o != c && o.impatient() {
			return false
		}
	}
	return !m.p.Down
}
