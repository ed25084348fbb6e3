// Package model is what the handout of lab 07 says, for stories: clients and callers register, log in and out, all at once, and what each of them is
// told must be what one order of events explains.
//
// A world is what may be the case: who has an account, who is logged in, and what everybody has got done. The model keeps all the worlds that explain what was
// observed so far. If none is left, something was wrong, and the model looks for the one observation without which there would be a world.
package model

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"

	"lockstep/harness/labtest"
	"lockstep/harness/player"
	"lockstep/harness/story"
	"lockstep/labs/07/hasher"
)

// Accounts are the student's.
type Accounts interface {
	Register(user, password string) error
	Login(user, password string) error
	Logout(user string)
	LoggedIn() []string
	Close() error
}

// A Lab is the student's code, with a database of its own.
type Lab struct {
	Path     string // of the database
	Hasher   *hasher.Hasher
	Open     func(path string) (Accounts, error)
	Serve    func(a Accounts, log *slog.Logger, ln net.Listener) error
	Taken    error
	Denied   error
	LoggedIn error
	Invalid  error
}

// New is the model of a story. What it has opened is closed by Close.
func New(s story.Story, l Lab) *model {
	m := &model{Lab: l, records: labtest.NewRecords(), worlds: map[world]bool{{}: true}, names: map[string]int{}, passwords: map[string]int{}}
	m.twice = s.Serve == "twice"
	if s.Serve != "silent" {
		m.log = m.records.Logger()
	}
	fmt.Sscanf(s.Serve, "hash %d", &m.Hasher.Size)
	m.accounts, m.refused = m.Open(m.Path)
	return m
}

type model struct {
	Lab
	accounts Accounts // nil when they are closed
	refused  error    // why they could not be opened
	records  *labtest.Records
	log      *slog.Logger
	p        *player.Play
	early    error // what was wrong when the listener closed
	twice    bool  // somebody else tries to open the database, too

	names     map[string]int // of accounts; their numbers
	passwords map[string]int
	actors    []*actor
	asked     []*call // of LoggedIn, in this scene
	worlds    map[world]bool
	lost      bool // there are more of them than can be looked at

	// observed at this rest
	hashes, matches bool // calls of Hash, of Matches, are held
	held            int  // so many are
	in              uint // who is logged in, as a set
	over            bool // Serve has returned

	mayIn, mayOut uint // who may have been logged in, and who not, in this scene
}

// Serve is that of a [player.Model].
func (m *model) Serve(ln net.Listener) error {
	if m.refused != nil {
		return m.refused
	}
	return m.Lab.Serve(m.accounts, m.log, ln)
}

// Close closes what is still open, when the story is over.
func (m *model) Close() {
	m.Hasher.Release()
	if m.accounts != nil && m.refused == nil {
		go m.accounts.Close() // it may wait for what has gone wrong
	}
}

// name is the number of an account.
func (m *model) name(user string) int {
	n, ok := m.names[user]
	switch {
	case ok:
	case len(m.names) == mostNames:
		m.lost = true
	default:
		n = len(m.names)
		m.names[user] = n
	}
	return n
}

func (m *model) password(text string) uint8 {
	n, ok := m.passwords[text]
	if !ok {
		n = len(m.passwords) + 1
		m.passwords[text] = n
		m.lost = m.lost || n > 255
	}
	return uint8(n)
}

// live are those of whom not all is settled.
func (m *model) live() []*actor {
	return slices.DeleteFunc(slices.Clone(m.actors), func(a *actor) bool { return a.gone })
}

// enter makes somebody an actor.
func (m *model) enter(a *actor) {
	taken := map[int]bool{}
	for _, o := range m.live() {
		taken[o.slot] = true
	}
	for taken[a.slot] {
		a.slot++
	}
	if a.slot >= mostActors {
		m.lost, a.gone = true, true
	}
	m.actors = append(m.actors, a)
}

func (m *model) down() bool { return m.p != nil && m.p.Down }

// Connected is that of a [player.Model].
func (m *model) Connected(p *player.Play, c *player.Client) {
	m.p = p
	m.enter(&actor{c: c})
}

const maxLine = 4096

// Sent is that of a [player.Model].
func (m *model) Sent(p *player.Play, c *player.Client, data []byte) {
	a := m.actor(c)
	for _, b := range data {
		if a.long {
			return
		}
		if b != '\n' {
			a.part = append(a.part, b)
			a.maybe = len(a.part) > maxLine
			a.long = len(a.part) > maxLine+1 // the server may take no more of it
			continue
		}
		text := strings.TrimSuffix(string(a.part), "\r")
		a.part, a.maybe = nil, false
		if a.long = len(text) > maxLine; !a.long {
			a.lines = append(a.lines, m.sent(read(text)))
		}
	}
}

// sent completes what is known of a line at the moment when it is sent.
func (m *model) sent(l line) line {
	l.known = true
	for _, o := range l.ops {
		for w := range m.worlds {
			l.known = l.known && o.kind == login && w.has[m.name(o.user)] != 0
		}
	}
	return l
}

func (m *model) actor(c *player.Client) *actor {
	for _, a := range m.actors {
		if a.c == c {
			return a
		}
	}
	return nil
}

// Pending is that of a [player.Model]: a server may read on for a while behind an error, or log somebody out later.
func (m *model) Pending(p *player.Play) bool {
	m.p = p
	m.observe()
	for _, a := range m.live() {
		if m.open(a) || m.waits(a) || a.call.runs() && !m.hashes && !m.matches { // a database may collect what is to be stored for a moment
			return true
		}
	}
	return !m.lost && m.look() == nil && len(m.search(question{})) == 0
}

// waits tells whether a client should get more.
func (m *model) waits(a *actor) bool {
	return a.c != nil && a.c.How == "" && a.c.Reading && m.sure(a) && !m.hashes && !m.matches && (len(a.replies) < len(a.lines) || a.c.Unsent() && !a.c.Closed())
}

// open tells whether a connection is that should have been closed.
func (m *model) open(a *actor) bool {
	if a.c == nil || !m.mustLeave(a) || a.c.Closed() {
		return false
	}
	return !slices.ContainsFunc(a.lines[min(len(a.lines), len(a.replies)):], func(l line) bool { // it may wait for the hasher
		return (m.hashes || m.matches) && slices.ContainsFunc(l.ops, func(o op) bool { return o.kind != talk })
	})
}
