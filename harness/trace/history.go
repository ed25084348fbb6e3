package trace

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"unicode"

	"lockstep/harness/lab"
	"lockstep/harness/perturb"
	"lockstep/harness/steer"
)

// A history is all that a run's student's code did, in order, before anything is left out.
type history struct {
	files  map[string][]string // lines, by name
	sites  []perturb.Site
	lanes  map[uint32]*lane // by the goroutine's name
	order  []*lane          // as they came up
	moves  []move
	raced  int // how many moves there were when the detector met a race; -1 if it did not
	broke  int // and when the check failed
	locks  []*lock
	number map[uint64]*lock
	fields []*field
	at     map[uint64]*field
	taken  map[point]bool // where somebody else went on by the schedule's will
	events []steer.Event
}

// A point is the n-th of a goroutine's.
type point struct{ goroutine, nth uint32 }

// A move is one thing that a lane did: a statement that it came to, or what became of it there.
type move struct {
	lane    *lane
	site    *perturb.Site
	kind    string
	what    string
	changes []Change
	waits   *Waits
	last    bool // the goroutine ends with it
	aside   bool // somebody else goes on behind it, by the schedule's will
	left    bool // somebody else goes on, although it is in the middle of something
	idle    bool // it waits for a client there
	first   int  // its first event, counted from 1
	event   int  // and its last
}

// A lock is one that the student's code has taken.
type lock struct {
	id, name, value string
	owner           *lane
	readers         int
}

// A lane is a goroutine that ran the student's code.
type lane struct {
	id, name, mark string
	goroutine      uint32
	parent         *lane  // if that is one, too
	started        int    // the line that started it
	within         string // the declaration in which it began
	conns          []conn // that it used, in order
	reads          bool   // one of them
	accepts        bool
	now            int  // its last move; -1 before the first
	asks           bool // the last thing that it did was to wait for a client's bytes, or for a client
	served         bool // one of its connections is an accepted one
}

// A conn is one end of a connection.
type conn struct{ local, remote uint64 }

// read goes through what happened in a run of these files.
func read(files []lab.File, events []steer.Event, taken []steer.Switch) (*history, error) {
	sites, err := perturb.Sites(files)
	if err != nil {
		return nil, err
	}
	h := &history{files: map[string][]string{}, sites: sites, lanes: map[uint32]*lane{}, raced: -1, broke: -1, events: events, number: map[uint64]*lock{}, at: map[uint64]*field{}, taken: map[point]bool{}}
	for _, s := range taken {
		h.taken[point{s.Goroutine, s.Point}] = true
	}
	for _, f := range files {
		h.files[f.Name] = strings.Split(string(f.Data), "\n")
	}
	h.findLanes()
	h.name()
	for i, e := range events {
		h.event(i, e)
	}
	h.share()
	return h, nil
}

// findLanes looks who ran a line of the student's, and what they have to do with connections.
func (h *history) findLanes() {
	type birth struct {
		by   uint32
		line int
	}
	births, line := map[uint32]birth{}, map[uint32]int{}
	clients := []uint64{}
	for _, e := range h.events {
		l := h.lanes[e.Goroutine]
		switch e.Kind {
		case steer.Starts:
			births[uint32(e.A)] = birth{e.Goroutine, line[e.Goroutine]}
		case steer.Statement, steer.Local:
			site := h.site(e)
			if site == nil {
				continue
			}
			line[e.Goroutine] = site.Line
			if l == nil {
				b := births[e.Goroutine]
				l = &lane{goroutine: e.Goroutine, parent: h.lanes[b.by], started: b.line, within: site.Within, now: -1}
				h.lanes[e.Goroutine] = l
				h.order = append(h.order, l)
			}
		case steer.Accepts, steer.Reads, steer.Writes, steer.Closes:
			if l == nil {
				continue
			}
			c := conn{e.A, e.B}
			l.accepts = l.accepts || e.Kind == steer.Accepts
			if e.Kind == steer.Accepts {
				clients = append(clients, e.B)
				continue
			}
			l.reads = l.reads || e.Kind == steer.Reads
			if !slices.Contains(l.conns, c) {
				l.conns = append(l.conns, c)
			}
		}
	}
	slices.Sort(clients)
	for _, l := range h.order {
		for _, c := range l.conns {
			l.served = l.served || slices.Contains(clients, c.remote)
		}
	}
	h.count(clients)
}

// count tells connections by their clients, who are counted in the order in which they came.
func (h *history) count(clients []uint64) {
	for _, l := range h.order {
		for i, c := range l.conns {
			if at, ok := slices.BinarySearch(clients, c.remote); ok {
				l.conns[i].remote = uint64(at + 1)
			} else {
				l.conns[i].remote = 0
			}
		}
	}
}

// name names lanes by their roles.
func (h *history) name() {
	taken, marks := map[string]int{}, map[string]string{}
	for i, l := range h.order {
		l.id = fmt.Sprintf("g%d", i+1)
		switch {
		case l.parent == nil && !l.reads && l.within != "" || l.accepts:
			l.name = l.within
			l.mark = initial(l.within, marks)
		case len(l.conns) > 0 && l.served && l.reads:
			l.name, l.mark = fmt.Sprintf("client %d's handler", l.conns[0].remote), fmt.Sprint(l.conns[0].remote)
		case len(l.conns) == 1 && l.served:
			l.name, l.mark = fmt.Sprintf("client %d's writer", l.conns[0].remote), fmt.Sprintf("%dw", l.conns[0].remote)
		case l.parent == nil:
			l.name, l.mark = cmp.Or(l.within, "a caller"), initial(l.within, marks)
		default:
			l.name, l.mark = fmt.Sprintf("goroutine of line %d", l.started), fmt.Sprintf("L%d", l.started)
		}
		if taken[l.name]++; taken[l.name] > 1 {
			l.name, l.mark = fmt.Sprintf("%s (%d)", l.name, taken[l.name]), fmt.Sprintf("%s%c", l.mark, 'a'+rune(taken[l.name]-1)%26)
		}
	}
}

// initial is how a function's own name begins: its first letter, or as many as tell it from the others that have a mark.
func initial(function string, marks map[string]string) string {
	name := []rune(function[strings.LastIndexByte(function, '.')+1:])
	if len(name) == 0 {
		return "?"
	}
	name[0] = unicode.ToUpper(name[0])
	for n := 1; ; n++ {
		mark := string(name[:min(n, len(name))])
		if of, taken := marks[mark]; !taken || of == function || n >= len(name) {
			marks[mark] = function
			return mark
		}
	}
}

func (h *history) site(e steer.Event) *perturb.Site {
	if e.A < 1 || e.A > uint64(len(h.sites)) {
		return nil
	}
	return &h.sites[e.A-1]
}

// event adds what an event tells.
func (h *history) event(i int, e steer.Event) {
	l := h.lanes[e.Goroutine]
	switch e.Kind {
	case steer.Raced:
		if h.raced < 0 {
			h.raced = len(h.moves)
		}
		return
	case steer.Broke:
		if h.broke < 0 {
			h.broke = len(h.moves)
		}
		return
	}
	if l == nil || l.now < 0 && e.Kind != steer.Statement && e.Kind != steer.Local {
		return
	}
	if e.Nth > 0 && l.now >= 0 && h.taken[point{e.Goroutine, e.Nth}] {
		h.moves[l.now].aside = true
	}
	asked := l.asks
	l.asks = e.Kind == steer.Reads
	switch e.Kind {
	case steer.Blocks:
		h.moves[l.now].idle = asked || l.accepts && receiver(h.moves[l.now].site.Syntax, "Accept") != ""
	case steer.Statement, steer.Local:
		site := h.site(e)
		if site == nil {
			return
		}
		h.add(l, i, move{site: site, kind: "line", what: h.text(site)})
	case steer.Wants:
		k := h.lock(e.A, l)
		w := &Waits{For: k.name}
		if k.owner != nil && k.owner != l {
			w.Of = k.owner.id
		}
		h.moves[l.now].waits = w
	case steer.Has:
		h.has(l, i, e)
	case steer.Gives:
		h.gives(l, i, e)
	case steer.Holds:
		h.holds(l, i, e)
	case steer.Starts:
		h.here(l, i, "start")
	case steer.Accepts, steer.Reads:
		h.here(l, i, "receive")
	case steer.Writes:
		h.here(l, i, "reply")
	case steer.Closes:
		h.here(l, i, "close")
	case steer.Ends:
		h.moves[l.now].last = true
	}
}

// add adds a move of l's.
func (h *history) add(l *lane, event int, m move) {
	m.lane, m.first, m.event = l, event+1, event+1
	l.now = len(h.moves)
	h.moves = append(h.moves, m)
}

// here says of the line at which l is what it is about, if nothing has said so yet.
func (h *history) here(l *lane, event int, kind string) {
	m := &h.moves[l.now]
	if m.kind == "line" {
		m.kind = kind
	}
	if l.now == len(h.moves)-1 {
		m.event = event + 1
	}
}

// lock finds a lock by its number. It is named by the line that took it first.
func (h *history) lock(number uint64, l *lane) *lock {
	if k := h.number[number]; k != nil {
		return k
	}
	name := receiver(h.moves[l.now].site.Syntax, "Lock", "RLock", "TryLock", "TryRLock")
	if name == "" {
		name = "a lock"
	}
	k := &lock{id: fmt.Sprintf("lock%d", len(h.locks)+1), name: name, value: free}
	h.locks, h.number[number] = append(h.locks, k), k
	return k
}

// Values of a lock.
const (
	free   = "free"
	held   = "held"
	shared = "held for reading"
)

func (h *history) has(l *lane, i int, e steer.Event) {
	k := h.lock(e.A, l)
	waited := h.moves[l.now].waits != nil && l.now < len(h.moves)-1 // others have run meanwhile
	if waited || h.moves[l.now].kind == "lock" {
		h.add(l, i, move{site: h.moves[l.now].site})
	}
	m := &h.moves[l.now]
	m.kind, m.what, m.event = "lock", "takes "+k.name, i+1
	if !waited {
		m.waits = nil
	}
	before := k.value
	k.owner, k.value = l, held
	if e.B == 1 {
		k.readers++
		k.value = shared
	}
	m.changes = append(m.changes, Change{Object: k.id, Before: before, After: k.value, Owner: l.id})
}

func (h *history) gives(l *lane, i int, e steer.Event) {
	k := h.lock(e.A, l)
	at := h.moves[l.now].site
	if unlock := receiver(at.Syntax, "Unlock", "RUnlock"); unlock == "" || deferred(at.Syntax) || h.moves[l.now].kind != "line" || l.now < len(h.moves)-1 {
		h.add(l, i, move{site: at})
	}
	m := &h.moves[l.now]
	m.kind, m.what, m.event = "unlock", "gives "+k.name+" back", i+1
	before := k.value
	if k.readers = max(0, k.readers-1); k.readers == 0 {
		k.owner, k.value = nil, free
	}
	m.changes = append(m.changes, Change{Object: k.id, Before: before, After: k.value})
}

func deferred(s ast.Stmt) bool {
	_, ok := s.(*ast.DeferStmt)
	return ok
}

// receiver is on what a statement calls one of these methods, in its own part; "" if it does not.
func receiver(s ast.Stmt, methods ...string) (name string) {
	ast.Inspect(s, func(n ast.Node) bool {
		if _, inner := n.(*ast.BlockStmt); inner || name != "" {
			return false
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(methods, f.Sel.Name) {
				name = types.ExprString(f.X)
			}
		}
		return true
	})
	return name
}

// text is the first line of a statement, as its author wrote it.
func (h *history) text(s *perturb.Site) string {
	return strings.TrimSpace(h.line(s.File, s.Line))
}

func (h *history) line(file string, line int) string {
	if all := h.files[file]; line >= 1 && line <= len(all) {
		return all[line-1]
	}
	return ""
}

// words says what an event is.
func (h *history) words(events []steer.Event, at int) string {
	if at >= len(events) {
		return "nothing more"
	}
	e := events[at]
	who := "the check"
	if l := h.lanes[e.Goroutine]; l != nil {
		who = l.name
	}
	switch e.Kind {
	case steer.Statement, steer.Local:
		if s := h.site(e); s != nil {
			return fmt.Sprintf("%s came to %s:%d", who, s.File, s.Line)
		}
	case steer.Runs:
		return who + " went on"
	case steer.Blocks:
		return who + " waited"
	case steer.Ends:
		return who + " ended"
	}
	names := map[steer.Kind]string{
		steer.Starts: "started a goroutine", steer.Wakes: "let another goroutine go on", steer.Lock: "asked for a lock", steer.Wants: "waited for a lock", steer.Has: "took a lock",
		steer.Gives: "gave a lock back", steer.Adds: "added to a WaitGroup", steer.Atomic: "did something atomic", steer.Accepts: "accepted a connection", steer.Reads: "read from a connection",
		steer.Writes: "wrote to a connection", steer.Closes: "closed a connection", steer.Holds: "stored to a variable", steer.Raced: "raced", steer.Broke: "failed",
	}
	return who + " " + cmp.Or(names[e.Kind], "did something")
}
