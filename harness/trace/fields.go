package trace

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/harness/steer"
)

// A field is a variable that the student's code has stored to: a field of a struct, mostly.
type field struct {
	id, name, first, value string
	within                 string  // the declaration in which it was first stored to
	lanes                  []*lane // that stored to it, or named it
	private                bool    // one lane's alone: nothing is told of it
}

// unseen is what a variable holds before anybody has stored to it.
const unseen = "as it began"

// mostFields is how many variables are told of, those first that more lanes have to do with.
const mostFields = 6

// objects are what lanes share, as it is at first.
func (h *history) objects() (all []Object) {
	for _, k := range h.locks {
		all = append(all, Object{ID: k.id, Name: k.name, Kind: "lock", Value: free})
	}
	for _, f := range h.fields {
		if !f.private {
			all = append(all, Object{ID: f.id, Name: f.name, Kind: "field", Value: f.first})
		}
	}
	return all
}

// holds takes note of what a variable holds. If others have run since the lane came to the statement, it is a move of its own.
func (h *history) holds(l *lane, i int, e steer.Event) {
	v := steer.Unpack(e.B)
	if v.Site < 1 || int(v.Site) > len(h.sites) {
		return
	}
	site := &h.sites[v.Site-1]
	if int(v.Nth) >= len(site.Stores) {
		return
	}
	f := h.at[e.A]
	if f == nil {
		f = &field{id: fmt.Sprintf("field%d", len(h.fields)+1), name: site.Stores[v.Nth], first: before(site.Syntax, v), within: site.Within}
		f.value = f.first
		h.fields, h.at[e.A] = append(h.fields, f), f
	}
	f.touched(l)
	if l.now != len(h.moves)-1 || h.moves[l.now].site != site {
		h.add(l, i, move{site: site, kind: "line", what: h.text(site)})
	}
	m := &h.moves[l.now]
	if m.kind == "line" {
		m.kind = "write"
	}
	m.event = i + 1
	was := f.value
	f.value = worded(v)
	m.changes = append(m.changes, Change{Object: f.id, Before: was, After: f.value, Owner: l.id})
}

// before is what a variable held before the first statement that stored to it.
func before(s ast.Stmt, v steer.Value) string {
	step, ok := s.(*ast.IncDecStmt)
	if !ok || v.Form != steer.Number {
		return unseen
	}
	if step.Tok == token.INC {
		return fmt.Sprint(v.Value - 1)
	}
	return fmt.Sprint(v.Value + 1)
}

func (f *field) touched(l *lane) {
	if !slices.Contains(f.lanes, l) {
		f.lanes = append(f.lanes, l)
	}
}

// worded is a value in words.
func worded(v steer.Value) string {
	switch v.Form {
	case steer.Truth:
		return fmt.Sprint(v.Value != 0)
	case steer.Length:
		return fmt.Sprintf("%d in it", v.Value)
	case steer.Filled:
		if v.Value == 0 {
			return "nil"
		}
		return "set"
	}
	return fmt.Sprint(v.Value)
}

// share looks which variables are more than one lane's.
func (h *history) share() {
	for _, m := range h.moves {
		for _, name := range named(m.site.Syntax) {
			if f := h.only(name, m.site.Within); f != nil {
				f.touched(m.lane)
			}
		}
	}
	told := slices.Clone(h.fields)
	slices.SortStableFunc(told, func(a, b *field) int { return len(b.lanes) - len(a.lanes) })
	for i, f := range told {
		f.private = len(f.lanes) < 2 || i >= mostFields
	}
}

// only is the one variable of this name, if there is no second one. A name without a dot means another variable in another declaration.
func (h *history) only(name, within string) (one *field) {
	for _, f := range h.fields {
		if f.name == name && (strings.Contains(name, ".") || f.within == within) {
			if one != nil {
				return nil
			}
			one = f
		}
	}
	return one
}

// private tells whether an object is a variable of which nothing is told.
func (h *history) private(id string) bool {
	return slices.ContainsFunc(h.fields, func(f *field) bool { return f.id == id && f.private })
}

// uses are the variables that a move names and does not change.
func (h *history) uses(m move) (ids []string) {
	for _, name := range named(m.site.Syntax) {
		f := h.only(name, m.site.Within)
		if f == nil || f.private || slices.Contains(ids, f.id) || slices.ContainsFunc(m.changes, func(c Change) bool { return c.Object == f.id }) {
			continue
		}
		ids = append(ids, f.id)
	}
	return ids
}

// named are the variables that stand in a statement's own part.
func named(s ast.Stmt) (names []string) {
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt, *ast.FuncLit:
			return false
		case *ast.SelectorExpr:
			names = append(names, types.ExprString(n))
		case *ast.Ident:
			names = append(names, n.Name)
		}
		return true
	})
	return names
}
