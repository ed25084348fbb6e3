package model

import (
	"errors"
	"strings"

	"lockstep/harness/player"
	"lockstep/harness/story"
	"lockstep/labs/07/hasher"
)

// A call is one of a method of Accounts, by somebody who is no client.
type call struct {
	*player.Call
	what string // for messages
	err  error  // of Register and Login
	in   []string
}

// runs tells whether it has not returned.
func (c *call) runs() bool { return c != nil && !c.Returned() }

// Act is that of a [player.Model]: calls of methods, and what the hasher does.
func (m *model) Act(p *player.Play, a story.Act) bool {
	m.p = p
	switch a.Verb {
	case "register", "login", "logout", "ask":
		return m.accounts != nil && m.call(p, a)
	case "freeze": // calls of Hash and Matches do not return
		hashes, matches := a.Who != "matches", a.Who != "hash"
		if hashes && m.hashes && matches && m.matches {
			return false
		}
		if hashes {
			m.Hasher.HoldHash()
		}
		if matches {
			m.Hasher.HoldMatches()
		}
		m.hashes, m.matches = m.hashes || hashes, m.matches || matches
		return true
	case "thaw":
		if !m.hashes && !m.matches {
			return false
		}
		m.thaw()
		return true
	}
	return false
}

func (m *model) thaw() {
	m.hashes, m.matches = false, false
	m.Hasher.Release()
}

func (m *model) call(p *player.Play, a story.Act) bool {
	user, password := strings.Clone(a.Who), string(a.Text)
	c := &call{}
	switch a.Verb {
	case "ask":
		c.what = "LoggedIn()"
		c.Call = p.Go(func() { c.in = m.accounts.LoggedIn() })
		m.asked = append(m.asked, c)
		return true
	case "register":
		c.what = "Register(" + quoted(user) + ", " + quoted(password) + ")"
		m.enter(&actor{call: c, lines: []line{m.sent(asked(register, user, password))}})
		c.Call = p.Go(func() { c.err = m.accounts.Register(user, password) })
	case "login":
		c.what = "Login(" + quoted(user) + ", " + quoted(password) + ")"
		m.enter(&actor{call: c, lines: []line{m.sent(asked(login, user, password))}})
		c.Call = p.Go(func() { c.err = m.accounts.Login(user, password) })
	case "logout":
		if !m.mayLogOut(user) {
			return false
		}
		c.what = "Logout(" + quoted(user) + ")"
		m.enter(&actor{call: c, lines: []line{m.sent(asked(logout, user, ""))}})
		c.Call = p.Go(func() { m.accounts.Logout(user) })
	}
	return true
}

// mayLogOut tells whether a call logs out whom a call has logged in, and nobody else: what becomes of the connection of a client who is logged out behind its back,
// the handout does not say.
func (m *model) mayLogOut(user string) bool {
	if !validName(user) {
		return true
	}
	for w := range m.worlds {
		if w.in[m.name(user)] != byCall {
			return false
		}
	}
	for _, a := range m.live() {
		if a.call != nil && a.lines[0].user() == user && a.lines[0].ops[0].kind != register {
			return false
		}
	}
	return true
}

// said is what a call returned, in the words in which a client would be told.
func (m *model) said(a *actor) string {
	err := a.call.err
	switch {
	case a.lines[0].ops[0].kind == logout:
		return ""
	case err == nil && a.call.what[0] == 'R':
		return "OK registered"
	case err == nil:
		return "OK welcome " + a.lines[0].user()
	case errors.Is(err, m.Taken):
		return "ERR taken"
	case errors.Is(err, m.Denied):
		return "ERR denied"
	case errors.Is(err, m.LoggedIn):
		return "ERR already logged in"
	case errors.Is(err, m.Invalid):
		return "ERR invalid"
	}
	return "ERR " + err.Error()
}

// unhashable tells whether the hasher cannot hash a password.
func unhashable(password string) bool { return strings.Contains(password, hasher.Poison) }
