// Package model is what the handout of lab 08 says, for stories: clients come and talk, an operator looks and types, the server is shut down in all ways, and
// what everybody got must be what an order of events explains.
package model

import (
	"context"
	"io"
	"net"
	"slices"

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
	return &model{Server: server, closed: closed, never: s.Serve == behind, first: make(chan error, 1), ctxs: map[string]*ending{}}
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
	ctxs     map[string]*ending // contexts that the story has a name for
	over     bool               // it was over when all had come to rest
	forced   bool               // somebody's patience may have ended before it was over
	must     bool               // somebody's patience surely had
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

// busy tells whether somebody is held there, or a Read that has something: then the server cannot end.
func (m *model) busy() bool {
	return slices.ContainsFunc(m.guests, func(g *guest) bool { return g.Late() || g.caught() })
}
