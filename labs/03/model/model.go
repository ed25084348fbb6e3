// Package model is what the handout of lab 03 says, for stories: clients come, tell their Handle what to do, and go, and the model, whose Handle it is, compares
// what the server makes of that.
package model

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"lockstep/harness/labtest"
	"lockstep/harness/norace"
	"lockstep/harness/player"
	"lockstep/harness/steer"
	"lockstep/harness/story"
)

// A Server is the student's.
type Server interface {
	Serve(ln net.Listener) error
	Active() int
}

// New is the model of a story. server makes a [Server] with these fields.
func New(s story.Story, server func(handle func(net.Conn), limit int, log *slog.Logger) Server) player.Model {
	m := &model{host: &host{}, accepts: &accepts{}}
	m.changed = norace.NewCond(&m.host.mu)
	var log *slog.Logger
	words := strings.Fields(s.Serve)
	for i, word := range words {
		switch {
		case word == "limit" && i+1 < len(words):
			m.limit, _ = strconv.Atoi(words[i+1])
		case word == "asks":
			m.asks = true
		case word == "logs":
			m.records = labtest.NewRecords()
			log = m.records.Logger()
		}
	}
	m.Server = server(m.Handle, m.limit, log)
	m.active = m.Active
	return m
}

type model struct {
	Server
	*host
	accepts *accepts
	records *labtest.Records // nil if the server has no Log
	guests  []*guest
	quiet   quiet

	failures int  // of Accept, so far
	calm     bool // nobody waited for a place, and nobody slept
}

// A guest is a client, with what the model knows of it.
type guest struct {
	*player.Client
	said []byte
	call int // which call of Handle has greeted it, from 1; 0 if none
}

// quiet is how things were when all last had come to rest.
type quiet struct {
	dialed, in int
	waiting    bool
}

// Serve is that of a [player.Model].
func (m *model) Serve(ln net.Listener) error {
	m.before()
	m.accepts.Listener = ln
	return m.Server.Serve(m.accepts)
}

// Connected is that of a [player.Model].
func (m *model) Connected(_ *player.Play, c *player.Client) {
	m.guests = append(m.guests, &guest{Client: c})
}

// Sent is that of a [player.Model].
func (m *model) Sent(_ *player.Play, c *player.Client, data []byte) {
	for _, g := range m.guests {
		if g.Client == c {
			g.said = append(g.said, data...)
		}
	}
}

// Act is that of a [player.Model]: somebody asks how many are active, a Handle that waits is released, or Accept fails for a while.
func (m *model) Act(p *player.Play, a story.Act) bool {
	switch a.Verb {
	case "ask":
		p.Go(m.ask)
	case "release":
		m.release(gateOf(a.Who))
	case "busy":
		n, err := strconv.Atoi(a.Who)
		if err != nil || m.failures+n > mostBusy || n > 2 && !steer.On() { // real pauses take long
			return false
		}
		m.failures += n
		for range n {
			p.FailAccept(busy{})
		}
	default:
		return false
	}
	return true
}

// mostBusy is how many Accepts fail in one story, at most: a pause may take a second.
const mostBusy = 30

// Pending is that of a [player.Model]: a server may pause behind an error of Accept, or wait a moment for its client to leave.
func (m *model) Pending(p *player.Play) bool {
	pausing, _ := m.accepts.pausing()
	return pausing || m.judge(p) != nil
}

// Rest is that of a [player.Model].
func (m *model) Rest(p *player.Play) error {
	if err := m.judge(p); err != nil {
		return err
	}
	if err := m.waits(p); err != nil {
		return err
	}
	now := m.count()
	m.quiet = quiet{len(m.guests), now.begun - now.over, now.begun < len(m.guests)}
	m.rest()
	return nil
}

// Closing is that of a [player.Model]: those who are there go on as before, and then leave, one after the other.
func (m *model) Closing(p *player.Play) {
	if err := m.farewell(p); err != nil {
		p.Fail(err)
	}
	m.releaseAll()
	_ = p.Settle()
	m.pauses(p)
}

// Over is that of a [player.Model].
func (m *model) Over(p *player.Play, _ error) error {
	now := m.count()
	if n := now.begun - now.over; n > 0 {
		return player.Faultf("3.3", "Serve has returned, and %s not returned", calls(n))
	}
	if err := m.always(p, now); err != nil {
		return err
	}
	return m.logged(now)
}

func calls(n int) string {
	if n == 1 {
		return "one Handle has"
	}
	return fmt.Sprintf("%d Handles have", n)
}
