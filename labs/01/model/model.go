// Package model is what the handout of lab 01 says, for stories: one client is served, whatever it does, and all others are refused.
package model

import (
	"fmt"
	"net"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// New is the model of a story. serve is the student's Serve.
func New(serve func(net.Listener) (int64, error)) player.Model { return &model{serve: serve} }

// Room is how many bytes a connection holds in a story.
func Room(s story.Story) int {
	room := 1 << 20
	fmt.Sscanf(s.Serve, "room %d", &room)
	return room
}

type model struct {
	serve  func(net.Listener) (int64, error)
	n      int64 // what Serve returned; to be looked at when it has
	first  *guest
	others []*player.Client
	down   int  // the scene in which the listener closed, 0 if none
	open   int  // up to this scene others could connect, since the Accept that has got the first one was held
	judged bool // what Serve returned is as it should be
}

// A guest is the client who is served.
type guest struct {
	*player.Client
	sent, got []byte
	rested    int  // how much of sent was there when all had come to rest
	whole     int  // how much of it had come back when nothing was missing
	stuck     bool // at rest something was missing: the server waits in Write, or is held
}

// Serve is that of a [player.Model].
func (m *model) Serve(ln net.Listener) (err error) {
	m.n, err = m.serve(ln)
	return err
}

// Connected is that of a [player.Model]. Who comes first is first in the listener's queue.
func (m *model) Connected(_ *player.Play, c *player.Client) {
	if m.first == nil {
		m.first = &guest{Client: c}
	} else {
		m.others = append(m.others, c)
	}
}

// Sent is that of a [player.Model].
func (m *model) Sent(_ *player.Play, c *player.Client, data []byte) {
	if c == m.first.Client {
		m.first.sent = append(m.first.sent, data...)
	}
}

// Act is that of a [player.Model]: there are none of the lab's own.
func (m *model) Act(*player.Play, story.Act) bool { return false }

// Pending is that of a [player.Model].
func (m *model) Pending(p *player.Play) bool {
	return m.first != nil && m.first.mustEnd() && !p.Returned()
}

// mustEnd tells whether the server has nothing left to wait for.
func (g *guest) mustEnd() bool {
	return !g.caught() && (g.How == "leave" || g.How == "reset" || g.How == "finish" && g.Reading)
}

// caught tells whether the server is held with something that g has sent, or with g itself.
func (g *guest) caught() bool { return g.Held() && g.Caught || g.Late() }

// Closing is that of a [player.Model].
func (m *model) Closing(p *player.Play) { m.down = p.Scene }
