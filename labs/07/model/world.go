package model

import "lockstep/harness/player"

const (
	mostNames  = 24 // of accounts, in a story
	mostActors = 16 // of whom it is not settled what they have done
)

// left is where an actor is whose connection has ended.
const left = 1 << 15

// byCall is who has logged somebody in by a call of Login. Others are actors, counted from 1.
const byCall = 255

// A world is what may be the case at a moment.
type world struct {
	has  [mostNames]uint8   // the password of each account, 0 if there is none
	in   [mostNames]uint8   // who is logged in as this, 0 if nobody is
	at   [mostActors]uint16 // how many lines of each are done
	owed [mostActors]debt   // their replies that nobody has seen yet
}

// A debt is replies in their order, four bits for each: worlds are many, and compared often.
type debt uint64

const mostOwed = 16

func (d debt) len() (n int) {
	for ; d != 0; d >>= 4 {
		n++
	}
	return n
}

func (d debt) first() (code, debt) { return code(d & 15), d >> 4 }

func (d debt) and(c code) debt { return d | debt(c)<<(4*d.len()) }

// An actor is a client or a call.
type actor struct {
	c    *player.Client // nil for a call
	call *call
	slot int // in worlds

	lines   []line
	part    []byte
	long    bool     // behind its lines there is one that is too long,
	maybe   bool     // or may be: so far it can be one that is just not
	tail    bool     // the last of its lines has no ending, and may be none
	replies []string // that came
	seen    int      // how many of them the worlds know
	gone    bool     // all is settled
	blind   bool     // it does not matter that replies are not there
}

// user is as whom a client is logged in, -1 for nobody.
func (w *world) user(a *actor) int {
	if a.c != nil {
		for n, who := range w.in {
			if int(who) == a.slot+1 {
				return n
			}
		}
	}
	return -1
}

// leave ends an actor's connection.
func (w *world) leave(a *actor) {
	if n := w.user(a); n >= 0 {
		w.in[n] = 0
	}
	w.at[a.slot] = left
}

// steps yields what may happen when the next line of an actor is done: its reply, and the world behind it.
func (m *model) steps(w world, a *actor, yield func(code, world)) {
	l := a.lines[w.at[a.slot]]
	w.at[a.slot]++
	if n := w.user(a); n >= 0 {
		if l.text != "LOGOUT" {
			yield(echo, w)
			return
		}
		w.in[n] = 0
		yield(bye, w)
		return
	}
	for _, o := range l.ops {
		switch o.kind {
		case talk, mangled:
			yield(o.refusal, w)
			if o.refusal == denied && unhashable(o.password) { // a hash for nobody may fail
				yield(failed, w)
			}
		case register:
			m.register(w, l, o, yield)
		case login:
			m.login(w, a, l, o, yield)
		case logout:
			if n := m.name(o.user); w.in[n] == byCall {
				w.in[n] = 0
			}
			yield(nothing, w)
		}
	}
}

func (m *model) register(w world, l line, o op, yield func(code, world)) {
	n := m.name(o.user)
	if mayBeInvalid(o.password) {
		yield(invalid, w)
	}
	switch {
	case w.has[n] != 0:
		yield(taken, w)
		if unhashable(o.password) {
			yield(failed, w)
		}
	case unhashable(o.password):
		yield(failed, w)
	default:
		w.has[n] = m.password(o.password)
		yield(registered, w)
	}
}

func (m *model) login(w world, a *actor, l line, o op, yield func(code, world)) {
	n := m.name(o.user)
	switch {
	case w.has[n] == 0 || w.has[n] != m.password(o.password):
		yield(denied, w)
		if unhashable(o.password) && w.has[n] == 0 {
			yield(failed, w)
		}
	case w.in[n] != 0:
		yield(already, w)
	default:
		if w.in[n] = byCall; a.c != nil {
			w.in[n] = uint8(a.slot + 1)
		}
		yield(welcome, w)
	}
}

// alone tells whether the next line of an actor concerns nobody else.
func (w *world) alone(a *actor) bool {
	l := a.lines[w.at[a.slot]]
	if w.user(a) >= 0 {
		return l.text != "LOGOUT"
	}
	for _, o := range l.ops {
		if o.kind != talk && o.kind != mangled {
			return false
		}
	}
	return true
}

// A need is whether the next line of an actor may be waiting for the hasher.
type need int

const (
	none   need = iota
	some        // it may, or it waits for somebody else's hash for nobody
	surely      // if it is not done, it is there
)

func (m *model) needs(w *world, a *actor) need {
	next := none
	if a.next(w) && w.user(a) < 0 {
		next = m.takes(a.lines[w.at[a.slot]])
	}
	if owed := w.owed[a.slot]; owed != 0 && w.at[a.slot] != left { // what is done may be told later, from within the hasher
		n := none
		for at := int(w.at[a.slot]) - owed.len(); owed != 0; at++ {
			var c code
			if c, owed = owed.first(); at < len(a.lines) && c != bye && c != echo && c != loginFirst {
				n = max(n, m.takes(a.lines[at]))
			}
		}
		switch {
		case next == none:
			return n
		case n != none:
			return min(n, next)
		}
	}
	return next
}

// takes tells whether a line may be waiting for the hasher.
func (m *model) takes(l line) need {
	n := none
	for _, o := range l.ops {
		switch {
		case o.kind == register && m.hashes:
			n = max(n, surely)
		case o.kind == login && l.known:
			if m.matches {
				n = max(n, surely)
			}
		case (o.kind == login || o.kind == mangled && o.refusal == denied) && (m.hashes || m.matches):
			n = max(n, some)
		}
	}
	return n
}
