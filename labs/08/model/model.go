// Package model is what the handout of lab 08 says, for stories: clients come and talk, an operator looks and types, the server is shut down in all ways, and
// what everybody got must be what an order of events explains.
package model

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/player"
	"lockstep/harness/story"
)

// A Server is the student's.
type Server interface {
	Serve(ln net.Listener) error
	Clients() map[int]net.Addr
	Shutdown(ctx context.Context) error
	Console(in io.Reader, out io.Writer) error
}

// behind is how a story says that Shutdown is called before Serve.
const behind = "behind shutdown"

// New is the model of a story. closed is the lab's ErrClosed.
func New(s story.Story, server Server, closed error) player.Model {
	return &model{Server: server, closed: closed, never: s.Serve == behind, first: make(chan error, 1), clear: map[string]*ending{}}
}

type model struct {
	Server
	closed error
	never  bool       // Serve serves nobody: Shutdown was called before it
	first  chan error // what that call returned

	p        *player.Play
	scene    int
	guests   []*guest
	stop     int // the scene in which the server was first told to end; 0 if it was not
	calls    []*call
	clear    map[string]*ending // contexts that the story has a name for
	over     bool               // it was over when all had come to rest
	forced   bool               // somebody's patience may have ended before it was over
	must     bool               // somebody\'s patience has
	asked    []*question
	consoles map[string]*console
}

// Serve is that of a [player.Model].
func (m *model) Serve(ln net.Listener) error {
	if m.never {
		if n := len(m.Clients()); n > 0 {
			m.first <- player.Faultf("1.3", "Serve was not called yet, and Clients() has %d of them", n)
			return nil
		}
		if err := m.Shutdown(context.Background()); err != nil {
			m.first <- player.Faultf("8.3", "Shutdown returned the error %q, and Serve was not called yet", err)
			return nil
		}
		m.first <- nil
	}
	return m.Server.Serve(ln)
}

// begin is called before anything of a scene is taken note of.
func (m *model) begin(p *player.Play) {
	m.p = p
	if m.scene == p.Scene {
		return
	}
	m.scene = p.Scene
	for _, g := range m.guests {
		g.deaf = g.stalled && !g.Reading
	}
}

// Connected is that of a [player.Model].
func (m *model) Connected(p *player.Play, c *player.Client) {
	m.begin(p)
	g := &guest{Client: c, id: len(m.guests) + 1, late: m.stop != 0 && m.stop < p.Scene, base: map[*guest]int{}, next: map[*guest][]int{}}
	for _, o := range m.guests {
		g.base[o] = len(o.broadcasts(o.sure))
	}
	m.guests = append(m.guests, g)
}

// Sent is that of a [player.Model].
func (m *model) Sent(p *player.Play, c *player.Client, data []byte) {
	m.begin(p)
	m.guest(c).say(data)
}

// Act is that of a [player.Model].
func (m *model) Act(p *player.Play, a story.Act) bool {
	m.begin(p)
	switch a.Verb {
	case "ask":
		m.asked = append(m.asked, m.ask())
	case "shutdown":
		m.shutdown(a.Who)
	case "cancel":
		return m.cancel(a.Who)
	case "type", "tap":
		return m.typed(a)
	case "hangup":
		return m.hangUp(a.Who)
	default:
		return false
	}
	return true
}

func (m *model) guest(c *player.Client) *guest {
	return m.guests[slices.IndexFunc(m.guests, func(g *guest) bool { return g.Client == c })]
}

// by is the client with a number; nil if there is none.
func (m *model) by(id int) *guest {
	if id < 1 || id > len(m.guests) {
		return nil
	}
	return m.guests[id-1]
}

// inside tells whether the server has surely been given a client, at rest: nobody in front of it is held at the door.
func (m *model) inside(g *guest) bool {
	if m.never {
		return false
	}
	for _, o := range m.guests[:g.id] {
		if o.Late() {
			return false
		}
	}
	return true
}

// door tells whether somebody is held there, or a Read that has something: then the server cannot end.
func (m *model) busy() bool {
	return slices.ContainsFunc(m.guests, func(g *guest) bool { return g.Late() || g.caught() })
}

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
	case p.Story.End == "fail" && result != player.ErrBroken:
		return player.Faultf("9.2", "Accept failed with %q, and Serve returned %v", player.ErrBroken, result)
	case p.Story.End != "fail" && result != nil:
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

// A pause that is nothing to a right answer may be the patience of exit.
const young = 900 * time.Millisecond

func sorted[V any](of map[int]V) []int { return slices.Sorted(maps.Keys(of)) }
