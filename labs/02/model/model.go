// Package model is what the handout of lab 02 says, for stories: clients are served one after the other, each request changes a folder or tells of it, and what
// a client got, and what the folder holds, must be what the requests say, up to one of them.
package model

import (
	"fmt"
	"net"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// A Server is the student's, and where it works.
type Server struct {
	Run  func(net.Listener) error
	Dir  string                         // the folder, as [Furnish] has made it
	Kept func() (files, goroutines int) // that there are now
}

// New is the model of a story.
func New(s Server) player.Model {
	m := &model{Server: s, base: given()}
	m.files, m.goroutines = s.Kept()
	return m
}

// Room is how many bytes a connection holds in a story.
func Room(s story.Story) int {
	room := 5000
	fmt.Sscanf(s.Serve, "room %d", &room)
	return room
}

type model struct {
	Server
	files, goroutines int      // that were there at the beginning
	base              folder   // what the folder held when it was the turn of the one whose turn it is
	guests            []*guest // in the order in which they came
	turn              int      // whose turn it is
	closing           bool     // the listener has closed
	failed            bool     // Accept has failed
	returned          bool     // Serve has
}

// A guest is a client, with what the model knows of it.
type guest struct {
	*player.Client
	stream
	got      []byte // all of it
	heard    int    // so much of it was answers
	answered int    // to so many requests
	done     int    // so many have been, at least
	blocked  bool   // at rest the server waited until it reads
	served   bool   // it was its turn when all had come to rest
	over     bool   // the server has closed its connection, or never had it
	came     folder // what the folder held when it was its turn
}

// Serve is that of a [player.Model].
func (m *model) Serve(ln net.Listener) error { return m.Run(ln) }

// Connected is that of a [player.Model].
func (m *model) Connected(_ *player.Play, c *player.Client) {
	m.guests = append(m.guests, &guest{Client: c})
}

// Sent is that of a [player.Model].
func (m *model) Sent(_ *player.Play, c *player.Client, data []byte) {
	for _, g := range m.guests {
		if g.Client == c {
			g.add(data)
		}
	}
}

// Act is that of a [player.Model]: there are none of the lab's own.
func (m *model) Act(*player.Play, story.Act) bool { return false }

// Pending is that of a [player.Model]: a server may read on for a moment before it hangs up, and only then is it the turn of the next.
func (m *model) Pending(*player.Play) bool {
	for _, g := range m.guests[m.turn:] {
		if !g.Closed() {
			return g.mustEnd()
		}
	}
	return false
}

// caught tells whether the server is held with something that g has sent.
func (g *guest) caught() bool { return g.Held() && g.Caught }

// hears tells whether the server can answer g.
func (g *guest) hears() bool { return g.Reading && !g.caught() && (g.How == "" || g.How == "finish") }

// mustEnd tells whether the server, when it is the turn of g, has nothing left to wait for.
func (g *guest) mustEnd() bool {
	return !g.caught() && (g.How == "leave" || g.How == "reset" || g.Reading && (g.How == "finish" || g.lost && !g.early))
}

// Closing is that of a [player.Model].
func (m *model) Closing(p *player.Play) { m.closing, m.failed = true, p.Failed() != nil }
