package trace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mostRows is how many steps a trace has at most: what a terminal, and somebody who reads there, has room for.
const mostRows = 18

// A row is one move that matters, or a stretch of those that do not.
type row struct{ from, to int }

// A choice is which moves of a history are told.
type choice struct {
	h             *history
	collided      bool
	first, second int // the two moves that meet, if they do
	last          int // behind this move nothing is told
	rows          []row
}

// Weights of moves.
const (
	must   = 100 // those that meet, and where somebody is put aside
	left   = 80  // somebody is left in the middle of something, and another one goes on
	orders = 60  // a lock that orders, or fails to
	speaks = 40  // with a client
	near   = 20  // of a lane that matters
	plain  = 10
)

// choose chooses.
func (h *history) choose(r Recorded) *choice {
	c := &choice{h: h, last: len(h.moves) - 1}
	if h.broke >= 0 {
		c.last = min(c.last, h.broke-1)
	}
	if c.first, c.second, c.collided = h.collision(r); c.collided {
		c.last = c.second
	}
	final := map[*lane]int{} // the last move of each
	for i := range h.moves[:c.last+1] {
		final[h.moves[i].lane] = i
	}
	involved := c.involved(final)
	weights := make([]int, c.last+1)
	for i := range weights {
		m := h.moves[i]
		weights[i] = c.weigh(m)
		switch {
		case involved[m.lane]:
			weights[i] += near
		case len(involved) > 1:
			weights[i] /= 4
		}
		if m.left || i > 0 && h.moves[i-1].left {
			weights[i] = left
		}
		if m.aside || m.waits != nil && final[m.lane] == i {
			weights[i] = must
		}
		if i > 0 && h.moves[i-1].aside { // who goes on
			weights[i] = must
		}
		if c.collided && (i == c.first || i == c.second) {
			weights[i] = 2 * must
		}
	}
	if len(weights) > 0 {
		weights[c.last] = max(weights[c.last], must)
	}
	c.fill(weights)
	return c
}

// weigh weighs what a move is about. Where a race is told it is the order that matters, elsewhere what clients saw.
func (c *choice) weigh(m move) int {
	switch m.kind {
	case "lock", "unlock":
		if c.collided {
			return orders
		}
		return speaks - near
	case "reply":
		if !c.collided {
			return orders
		}
		return speaks
	case "receive", "close", "start":
		return speaks - near
	}
	return plain
}

// involved are the lanes that matter: those that meet, those that the schedule puts aside or, if there are none, the last two of which one was
// left in the middle of something when the other went on. Behind what they said to their clients then nothing is told.
func (c *choice) involved(final map[*lane]int) map[*lane]bool {
	moves, all := c.h.moves, map[*lane]bool{}
	if c.collided {
		all[moves[c.first].lane], all[moves[c.second].lane] = true, true
		return all
	}
	for i := range c.last + 1 {
		if moves[i].aside {
			all[moves[i].lane] = true
			if i < c.last {
				all[moves[i+1].lane] = true
			}
		}
	}
	said := -1 // the last word to a client, or the last wait that did not end
	for i := range c.last + 1 {
		if moves[i].kind == "reply" || moves[i].waits != nil && final[moves[i].lane] == i {
			said = i
		}
	}
	if said >= 0 && !moves[c.last].aside {
		c.last = said
	}
	for i := c.last - 1; i >= 0 && len(all) == 0; i-- {
		a, b := moves[i].lane, moves[i+1].lane
		if a != b && !moves[i].idle && final[a] > i+1 {
			all[a], all[b] = true, true
			c.h.moves[i].left = true
		}
	}
	return all
}

// fill takes the heaviest moves, of equal ones the latest, for as long as there is room for them and for the stretches between them.
func (c *choice) fill(weights []int) {
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Or(weights[b]-weights[a], b-a) })
	kept := make([]bool, len(weights))
	for refused := 0; len(order) > 0 && refused < 2*mostRows; order = order[1:] {
		kept[order[0]] = true
		if rows := c.split(kept); len(rows) <= mostRows {
			c.rows = rows
		} else {
			kept[order[0]] = false
			refused++
		}
	}
}

// split makes rows of the moves that are kept and the stretches between them.
func (c *choice) split(kept []bool) (rows []row) {
	for i := 0; i < len(kept); i++ {
		if kept[i] {
			rows = append(rows, row{i, i})
			continue
		}
		from := i
		for i+1 < len(kept) && !kept[i+1] {
			i++
		}
		rows = append(rows, row{from, i})
	}
	return rows
}

// steps makes a step of each row.
func (c *choice) steps() (steps []Step) {
	values := map[string]string{}
	for _, o := range c.h.objects() {
		values[o.ID] = o.Value
	}
	for n, w := range c.rows {
		var s Step
		if w.from == w.to {
			s = c.step(w.from)
		} else {
			s = c.stretch(w)
		}
		s.Changes = c.net(w, values)
		s.Event = c.h.moves[w.to].event
		if n > 0 {
			if before := c.h.moves[c.rows[n-1].to]; before.aside {
				s.Switch = before.lane.name + " is put aside here"
			}
		}
		if s.Last = c.h.moves[w.to].last; w.from != w.to {
			s.Last = s.Last && c.alone(w)
		}
		steps = append(steps, s)
	}
	return steps
}

func (c *choice) step(at int) Step {
	m := c.h.moves[at]
	s := Step{Lane: m.lane.id, File: m.site.File, Line: m.site.Line, Kind: m.kind, What: shorten(m.what, 60), Waits: m.waits, Uses: c.h.uses(m)}
	if m.aside {
		for _, next := range c.h.moves[at+1:] {
			if next.lane == m.lane {
				s.Next = next.site.Line
				break
			}
		}
	}
	return s
}

// How many lines, and how many lanes, of a stretch are told one by one.
const (
	mostLines = 200
	mostLanes = 100
)

// stretch is a step for several moves. It is that of the lane with the last of them.
func (c *choice) stretch(w row) Step {
	m := c.h.moves[w.to]
	s := Step{Lane: m.lane.id, File: m.site.File, Line: m.site.Line, Kind: "stretch"}
	if !c.alone(w) {
		lanes := map[string]bool{}
		for i := w.from; i <= w.to; i++ {
			lanes[c.h.moves[i].lane.id] = true
		}
		s = Step{Lane: check, Kind: "stretch", What: fmt.Sprintf("%d lines of %d goroutines", w.to-w.from+1, len(lanes))}
		if len(lanes) <= mostLanes {
			s.Lanes = slices.Sorted(maps.Keys(lanes))
		}
		return s
	}
	for i := w.from; i <= w.to && len(s.Lines) < mostLines; i++ {
		if line := c.h.moves[i].site.Line; len(s.Lines) == 0 || s.Lines[len(s.Lines)-1] != line {
			s.Lines = append(s.Lines, line)
		}
	}
	s.What = lineWords(s.Lines)
	return s
}

// lineWords names the lines of a stretch.
func lineWords(lines []int) string {
	var words []string
	for _, line := range lines {
		words = append(words, fmt.Sprint(line))
	}
	if len(words) > 4 {
		words = append(words[:2], "…", words[len(words)-1])
	}
	if len(words) == 1 {
		return "line " + words[0]
	}
	return "lines " + strings.Join(words, " ")
}

// alone tells whether all moves of a row are one lane's.
func (c *choice) alone(w row) bool {
	for i := w.from; i < w.to; i++ {
		if c.h.moves[i].lane != c.h.moves[w.to].lane {
			return false
		}
	}
	return true
}

// net is what a row changes in all.
func (c *choice) net(w row, values map[string]string) (changes []Change) {
	owner, before := map[string]string{}, map[string]string{}
	for i := w.from; i <= w.to; i++ {
		for _, change := range c.h.moves[i].changes {
			if c.h.private(change.Object) {
				continue
			}
			if _, ok := before[change.Object]; !ok {
				before[change.Object] = values[change.Object]
			}
			values[change.Object], owner[change.Object] = change.After, change.Owner
		}
	}
	for _, o := range c.h.objects() {
		if was, ok := before[o.ID]; ok && (was != values[o.ID] || owner[o.ID] != "") {
			changes = append(changes, Change{Object: o.ID, Before: was, After: values[o.ID], Owner: owner[o.ID]})
		}
	}
	return changes
}

// edges are the orders that locks have made between steps that are told.
func (c *choice) edges() []Edge {
	edges := []Edge{}
	given := map[string]int{} // the step, counted from 1, that gave a lock back
	by := map[string]*lane{}
	for n, w := range c.rows {
		for i := w.from; i <= w.to; i++ {
			m := c.h.moves[i]
			for _, change := range m.changes {
				alone := w.from == w.to
				switch {
				case m.kind == "unlock" && alone:
					given[change.Object], by[change.Object] = n+1, m.lane
				case m.kind == "unlock":
					delete(given, change.Object)
				case m.kind == "lock" && alone && given[change.Object] > 0 && by[change.Object] != m.lane:
					edges = append(edges, Edge{From: given[change.Object], To: n + 1, Why: c.nameOf(change.Object)})
				}
			}
		}
	}
	return edges
}

func (c *choice) nameOf(id string) string {
	for _, k := range c.h.locks {
		if k.id == id {
			return k.name
		}
	}
	return id
}

// shorten cuts a text.
func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
