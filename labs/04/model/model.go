// Package model is what the handout of lab 04 says, for stories: clients send files as clients may, and what is in the log must be all that was acknowledged, in an
// order that their promises allow.
package model

import (
	"bytes"
	"io"
	"net"

	"lockstep/harness/player"
	"lockstep/harness/story"
	"lockstep/labs/04/disk"
)

// A Server is the student's.
type Server interface {
	Serve(ln net.Listener) error
}

// New is the model of a story. server makes a [Server] with this field Open.
func New(log *disk.Log, server func(open func() (io.WriteCloser, error)) Server) player.Model {
	return &model{Server: server(log.Open), log: log}
}

type model struct {
	Server
	log   *disk.Log
	users []*user
	now   int // counts the moments at which all had come to rest
	base  int // so much of the log is explained
}

// A user is a client, with what the model knows of it.
type user struct {
	*player.Client
	said  []byte
	asked int  // the moment at which its first line was whole
	saved int  // the one at which it had its OK; 0 if it has none
	done  bool // its part of the log is explained
}

// A kind is what a client's first line is.
type kind int

const (
	none kind = iota // not there yet
	send
	wrong
	tooLong
)

const maxLine = 4096 // without its ending

// kind returns what u's first line is, and what stands behind it.
func (u *user) kind() (kind, []byte) {
	line, file, whole := bytes.Cut(u.said, []byte("\n"))
	text := bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case whole && string(text) == "SEND":
		return send, file
	case len(text) > maxLine: // perhaps there is no ending yet, but for a part of it
		return tooLong, nil
	case whole:
		return wrong, nil
	}
	return none, nil
}

// gone tells whether u will never read an answer.
func (u *user) gone() bool { return u.How == "leave" || u.How == "reset" }

// line tells whether its first line has an ending: whether it is a line otherwise, nobody decides.
func (u *user) line() bool { return bytes.IndexByte(u.said, '\n') >= 0 }

// stopped tells whether the server may be held while it talks to u.
func (u *user) stopped() bool { return u.Gripped || u.Held() && len(u.said) > 0 }

// inTheWay tells whether u has asked for its turn and has not made use of it, or the server may be held.
func (u *user) inTheWay() bool {
	k, _ := u.kind()
	return u.stopped() || k == send && !u.answered() && (u.How == "" || u.Unsent())
}

// Connected is that of a [player.Model].
func (m *model) Connected(_ *player.Play, c *player.Client) {
	m.users = append(m.users, &user{Client: c})
}

// Sent is that of a [player.Model].
func (m *model) Sent(_ *player.Play, c *player.Client, data []byte) {
	for _, u := range m.users {
		if u.Client == c {
			before, _ := u.kind()
			u.said = append(u.said, data...)
			if after, _ := u.kind(); before == none && after != none {
				u.asked = m.now
			}
		}
	}
}

// Act is that of a [player.Model]: the log fails, is held, or goes on.
func (m *model) Act(_ *player.Play, a story.Act) bool {
	op, ok := map[string]disk.Op{"open": disk.Open, "write": disk.Write, "close": disk.Close, "short": disk.Short}[a.Who]
	switch {
	case a.Verb == "fail" && ok:
		m.log.Fail(op, "no space left")
	case a.Verb == "keep" && ok:
		m.log.Hold(op)
	case a.Verb == "release":
		m.log.Release()
	default:
		return false
	}
	return true
}

// Pending is that of a [player.Model]: a server may read on for a while behind an error.
func (m *model) Pending(*player.Play) bool { return m.judge() != nil }

// Rest is that of a [player.Model].
func (m *model) Rest(*player.Play) error {
	if err := m.judge(); err != nil {
		return err
	}
	m.rested()
	return nil
}

// rested takes note of what was acknowledged, and of how much of the log is explained for good.
func (m *model) rested() {
	m.now++
	for _, u := range m.users {
		if u.saved == 0 && u.got("OK") {
			u.saved = m.now
		}
	}
	if !m.quiet() {
		return
	}
	for _, u := range m.users {
		k, _ := u.kind()
		u.done = u.done || k == send
	}
	m.base = len(m.log.Bytes())
}

// quiet tells whether nobody is in the way of anybody.
func (m *model) quiet() bool {
	for _, u := range m.users {
		if u.inTheWay() {
			return false
		}
	}
	return !m.log.Held()
}

// Closing is that of a [player.Model]: all who are there may finish.
func (m *model) Closing(p *player.Play) {
	if err := m.finish(p); err != nil {
		p.Fail(err)
	}
}

// Over is that of a [player.Model].
func (m *model) Over(*player.Play, error) error { return m.judge() }
