package model

import "slices"

// mostWorlds is how many are looked at in a scene. Beyond, nothing is said of the story any more.
const mostWorlds = 20_000

// A question is what a search leaves out, so that it can be told what was wrong.
type question struct {
	anybody bool  // whoever is logged in
	any     bool  // however many calls of the hasher are at work
	of      actor // instead of one actor: with another reply
}

// search returns the worlds that explain everything that was observed, from those that explained it at the last rest.
func (m *model) search(q question) map[world]bool {
	actors := slices.Clone(m.live())
	if q.of.c != nil || q.of.call != nil {
		for i, a := range actors {
			if a.slot == q.of.slot {
				actors[i] = &q.of
			}
		}
	}
	seen, found := map[world]bool{}, map[world]bool{}
	var next []world
	visit := func(w world) {
		if !seen[w] {
			seen[w] = true
			next = append(next, w)
		}
	}
	for w := range m.worlds {
		if catchUp(&w, actors) {
			visit(w)
		}
	}
	for len(next) > 0 && !m.lost {
		w := next[len(next)-1]
		next = next[:len(next)-1]
		m.note(&w)
		if m.explains(&w, actors, q) {
			found[w] = true
		}
		m.follow(w, actors, visit)
		m.lost = m.lost || len(seen) > mostWorlds
	}
	return found
}

// follow visits the worlds that may come next.
func (m *model) follow(w world, actors []*actor, visit func(world)) {
	for _, a := range actors {
		m.lost = m.lost || w.owed[a.slot].len() == mostOwed
	}
	for _, a := range actors { // what concerns nobody else need not be tried in any other order
		if m.sure(a) && a.how() != "leave" && a.how() != "reset" && a.next(&w) && !(a.tail && int(w.at[a.slot]) == len(a.lines)-1) && w.alone(a) {
			m.advance(w, a, visit)
			return
		}
	}
	for _, a := range actors {
		if a.next(&w) {
			m.advance(w, a, visit)
		}
		if m.mayLeave(&w, a) {
			v := w
			v.leave(a)
			visit(v)
		}
		if at := int(w.at[a.slot]); at == len(a.lines) && (a.long || a.maybe) {
			w := w
			w.at[a.slot]++
			if a.replied(&w, at, tooLong) {
				visit(w)
			}
		}
	}
}

func (m *model) advance(w world, a *actor, visit func(world)) {
	at := int(w.at[a.slot])
	m.steps(w, a, func(c code, w world) {
		if a.replied(&w, at, c) {
			visit(w)
		}
	})
}

func (a *actor) next(w *world) bool { return int(w.at[a.slot]) < len(a.lines) }

func (a *actor) how() string {
	if a.c == nil {
		return ""
	}
	return a.c.How
}

// replied takes note of the reply to a line, and tells whether it is the one that came, if it has come.
func (a *actor) replied(w *world, at int, c code) bool {
	if at < len(a.replies) {
		return a.line(at).is(c, a.replies[at])
	}
	if w.owed[a.slot].len() == mostOwed {
		return false
	}
	w.owed[a.slot] = w.owed[a.slot].and(c)
	return true
}

// line is the text that a reply is for; behind all, one that is too long.
func (a *actor) line(at int) line {
	if at < len(a.lines) {
		return a.lines[at]
	}
	return line{}
}

// catchUp compares replies that a world owes with those that have come since.
func catchUp(w *world, actors []*actor) bool {
	for _, a := range actors {
		for at := a.seen; at < len(a.replies); at++ {
			switch owed := w.owed[a.slot]; {
			case owed != 0:
				c, more := owed.first()
				if !a.line(at).is(c, a.replies[at]) {
					return false
				}
				w.owed[a.slot] = more
			case w.at[a.slot] == left:
				return false
			}
		}
	}
	return true
}

// sure tells whether an actor, at rest, has done all that it can do.
func (m *model) sure(a *actor) bool {
	c := a.c
	if c == nil {
		return true
	}
	unheard := !c.Reading && len(a.replies) < len(a.lines) && (c.How == "" || c.How == "finish") // nobody knows how far the server is
	return !m.down() && !(c.Held() && c.Caught) && !m.stuck(a) && !unheard
}

// stuck tells whether the server's Writes to a client may not return.
func (m *model) stuck(a *actor) bool {
	return a.c != nil && (a.c.Gripped || a.c.Small && !a.c.Reading)
}

// mayLeave tells whether an actor's connection may end now.
func (m *model) mayLeave(w *world, a *actor) bool {
	at := int(w.at[a.slot])
	switch {
	case a.c == nil || at == left || at < len(a.replies):
		return false
	case m.down() || a.c.How == "leave" || a.c.How == "reset":
		return true
	case m.stuck(a):
		return a.c.Closed()
	case at > len(a.lines):
		return true
	}
	return a.c.How == "finish" && (at == len(a.lines) && !a.long || a.tail && at == len(a.lines)-1)
}

// mustLeave tells whether it must have ended at rest.
func (m *model) mustLeave(a *actor) bool {
	return a.c != nil && (m.over || m.sure(a) && (a.c.How != "" || a.long))
}

// explains tells whether a world can be the one at this rest.
func (m *model) explains(w *world, actors []*actor, q question) bool {
	wait, perhaps, unknown := 0, 0, 0 // for the hasher
	for _, a := range actors {
		at := int(w.at[a.slot])
		if at == left {
			continue
		}
		if at < len(a.replies) {
			return false
		}
		need := m.needs(w, a)
		if !m.sure(a) {
			if need != none {
				unknown++
			}
			if m.mustLeave(a) {
				return false
			}
			continue
		}
		switch {
		case need == surely:
			wait++
		case need == some:
			perhaps++
		case q.any && (m.hashes || m.matches):
		case a.next(w), m.mustLeave(a), a.long && at == len(a.lines):
			return false
		case a.blind:
		case a.c != nil && a.c.Reading && a.c.How == "" && w.owed[a.slot] != 0 && len(a.part) == 0: // they may wait for the end of half a line
			return false
		case a.call != nil && w.owed[a.slot] != 0:
			return false
		}
	}
	least := wait
	if perhaps > 0 && unknown == 0 {
		least++
	}
	if !q.any && (m.held < least || m.held > wait+perhaps+unknown) {
		return false
	}
	return q.anybody || m.in == m.loggedIn(w)
}

// loggedIn is who is, as a set.
func (m *model) loggedIn(w *world) (set uint) {
	for n, in := range w.in {
		if in != 0 {
			set |= 1 << n
		}
	}
	return set
}

// note takes note of who may have been logged in, and who not, at some moment of a scene.
func (m *model) note(w *world) {
	in := m.loggedIn(w)
	m.mayIn |= in
	m.mayOut |= ^in
}
