// Package model is what the handout of lab 05 says, for stories: clients come, talk, stall and go, and what each of them heard must be what one order of
// events explains.
package model

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// A Server is the student's.
type Server interface {
	Serve(ln net.Listener) error
	Online() int
}

// New is the model of a story. queue is what a [Server]'s field Queue should be.
func New(s story.Story, server func(queue int) Server) player.Model {
	queue := 0
	fmt.Sscanf(s.Serve, "queue %d", &queue)
	return &model{Server: server(queue), queue: cmp.Or(queue, 64)}
}

type model struct {
	Server
	p      *player.Play
	queue  int
	scene  int // that of which room tells
	guests []*guest
	room   []*guest // at the beginning of the scene
	asked  []*player.Call
}

// A guest is a client, with what the model knows of it.
type guest struct {
	*player.Client

	// what it did
	lines   []string
	part    []byte
	tooLong bool
	rested  int // how many of lines were there when the server had come to rest, not held

	// what is known
	greeted  bool
	nE, nL   int // numbers that went with entering and leaving, 0 and -1 if nobody has told
	gone     int // the scene in which it left; 0 if it has not
	dropped  bool
	done     int            // so many of lines were said, at least
	doneHi   int            // and at most
	doneBorn map[*guest]int // of each other: done when this one came
	doneEnd  map[*guest]int // and at the end of that scene
	pos      map[*guest]int // of each other: the next line to hear
	heardE   map[*guest]bool
	heardL   map[*guest]bool
	texts    map[*guest][]string // heard in this scene
	gotErr   bool
	waiting  int   // at most so many lines wait for it
	sure     []int // lengths of lines that surely came for it since it does not read
	taken    int   // how many lines it has taken that may be among them
}

// begin is called before anything of a scene is taken note of.
func (m *model) begin(p *player.Play) {
	m.p = p
	if m.scene == p.Scene {
		return
	}
	m.scene, m.room = p.Scene, nil
	for _, g := range m.guests {
		if g.gone == 0 {
			m.room = append(m.room, g)
		}
	}
}

func (m *model) online() (n int) {
	for _, g := range m.guests {
		if g.gone == 0 {
			n++
		}
	}
	return n
}

// Connected is that of a [player.Model].
func (m *model) Connected(p *player.Play, c *player.Client) {
	m.begin(p)
	g := &guest{Client: c, nL: -1,
		pos: map[*guest]int{}, heardE: map[*guest]bool{}, heardL: map[*guest]bool{}, doneBorn: map[*guest]int{}, doneEnd: map[*guest]int{}}
	for _, o := range m.guests {
		g.doneBorn[o] = o.done
	}
	m.guests = append(m.guests, g)
}

// Sent is that of a [player.Model].
func (m *model) Sent(p *player.Play, c *player.Client, data []byte) {
	m.begin(p)
	g := m.guest(c)
	for _, b := range data {
		if b != '\n' {
			if g.part = append(g.part, b); len(g.part) > maxLine+1 {
				g.tooLong = true // the server may take no more of it
			}
			continue
		}
		text := strings.TrimSuffix(string(g.part), "\r")
		g.part = nil
		if g.tooLong = g.tooLong || len(text) > maxLine; !g.tooLong {
			g.lines = append(g.lines, text)
		}
	}
}

const maxLine = 4096

// Act is that of a [player.Model]: somebody asks how many are online, while the others go on.
func (m *model) Act(p *player.Play, a story.Act) bool {
	m.begin(p)
	if a.Verb != "ask" {
		return false
	}
	m.asked = append(m.asked, p.Go(func() { m.Online() }))
	return true
}

func (m *model) guest(c *player.Client) *guest {
	for _, g := range m.guests {
		if g.Client == c {
			return g
		}
	}
	return nil
}

func (m *model) by(addr string) *guest {
	for _, g := range m.guests {
		if g.Addr == addr {
			return g
		}
	}
	return nil
}

// hears tells whether g takes what the server writes.
func (g *guest) hears() bool { return g.Reading && !g.Gripped }

// caughtNow tells whether what g has sent is held.
func (g *guest) caughtNow() bool { return g.Held() && g.Caught }

// mustLeave tells whether g, at rest, has left.
func (g *guest) mustLeave() bool { return (g.How != "" || g.tooLong) && !g.caughtNow() }

func (g *guest) mayLeaveHeld() bool { return g.caughtNow() && g.How == "reset" }

// Pending is that of a [player.Model]: a server may read on for a while behind an error, or give up a slow client later.
func (m *model) Pending(p *player.Play) bool {
	m.begin(p)
	risk := m.risky()
	for _, g := range m.guests {
		if g.mustLeave() && g.How != "leave" && g.How != "reset" && g.hears() && g.End == nil {
			return true
		}
		if risk[g] && g.gone == 0 && !g.mustLeave() && g.Closed() != m.anyHeardL(g) && slices.ContainsFunc(m.room, func(x *guest) bool { return x != g && x.hears() && x.How == "" && x.End == nil }) {
			return true
		}
	}
	return false
}

func (m *model) anyHeardL(c *guest) bool {
	for _, x := range m.guests {
		if x.heardL[c] || !x.Gripped && strings.Contains(string(x.In), "< The user "+c.Addr+" left (") {
			return true
		}
	}
	return false
}

// Rest is that of a [player.Model].
func (m *model) Rest(p *player.Play) error {
	m.begin(p)
	if err := m.rest(); err != nil {
		return err
	}
	for _, call := range m.asked {
		if !call.Returned() {
			return player.Faultf("6.2", "Online() does not return\n%s", p.Stuck())
		}
	}
	m.asked = nil
	n := 0
	if !p.Ask(func() { n = m.Online() }) {
		return player.Faultf("6.2", "Online() does not return\n%s", p.Stuck())
	}
	if want := m.online(); n != want {
		return player.Faultf("6.1", "Online() is %d, and %d are in the room", n, want)
	}
	return nil
}

// Closing is that of a [player.Model].
func (m *model) Closing(*player.Play) {}

// Over is that of a [player.Model].
func (m *model) Over(p *player.Play, _ error) error {
	n := 0
	switch {
	case !p.Ask(func() { n = m.Online() }), slices.ContainsFunc(m.asked, func(c *player.Call) bool { return !c.Returned() }):
		return player.Faultf("6.2", "Online() does not return, behind Serve\n%s", p.Stuck())
	case n != 0:
		return player.Faultf("9.2", "Serve has returned, and Online() is %d", n)
	}
	return nil
}
