package explain

import (
	"go/ast"
	"slices"
)

// A subject is what a race is about, as far as that can be told.
type subject struct {
	exprs []ast.Expr // what it may be, one or two; none if unknown
	other ast.Expr   // the other line's expression for exprs[0], where it differs
	vague bool       // other is known only by being the one thing that it can be
	whole ast.Expr   // the struct that one line copies, where exprs[0] is a field of it
}

// subjectOf finds what two sites have in common.
func subjectOf(now, before *site) subject {
	first, second := now, before
	if before.access.Write && !now.access.Write {
		first, second = before, now // the writing line decides how it is called
	}
	src, a, b := first.src, first.candidates(), second.candidates()
	for _, match := range []func(x, y ast.Expr) ast.Expr{src.sameMemory, src.partOf, src.sameBase} {
		if s := choose(src, a, b, match); len(s.exprs) > 0 {
			return s
		}
	}
	if s := onlyOne(first, second); len(s.exprs) > 0 {
		return s
	}
	return onlyOne(second, first)
}

// onlyOne names what a line uses if that can be one thing only, whatever the other line calls it.
func onlyOne(s, other *site) subject {
	c := s.candidates()
	if len(c) != 1 || !s.certain() {
		return subject{}
	}
	found := subject{exprs: []ast.Expr{c[0].expr}}
	if o := other.candidates(); other.callee().Func == "" && len(o) == 1 {
		found.other, found.vague = o[0].expr, true
	}
	return found
}

// choose keeps the likeliest matches, one for each thing that it can be; none if those are many.
func choose(src *source, a, b []candidate, match func(x, y ast.Expr) ast.Expr) subject {
	type pair struct {
		subject
		rank int
	}
	var found []pair
	for _, x := range a {
		for _, y := range b {
			e := match(x.expr, y.expr)
			if e == nil || slices.ContainsFunc(found, func(f pair) bool { return src.identity(f.exprs[0]) == src.identity(e) }) {
				continue
			}
			s := subject{exprs: []ast.Expr{e}, other: y.expr}
			if src.sameMemory(x.expr, y.expr) == nil {
				s.other, s.whole = nil, src.wholeOf(e, x.expr, y.expr)
			}
			found = append(found, pair{s, x.rank + y.rank})
		}
	}
	if len(found) == 0 {
		return subject{}
	}
	rank := slices.MinFunc(found, func(x, y pair) int { return x.rank - y.rank }).rank
	var best []pair
	for _, f := range found {
		longer := func(g pair) bool { return begins(f.exprs[0], g.exprs[0]) }
		if f.rank == rank && !slices.ContainsFunc(found, longer) {
			best = append(best, f)
		}
	}
	switch len(best) {
	case 1:
		return best[0].subject
	case 2:
		return subject{exprs: []ast.Expr{best[0].exprs[0], best[1].exprs[0]}}
	}
	return subject{}
}

// counted is the WaitGroup that two revealed sites use.
func counted(now, before *site) subject {
	src := now.src
	if now.call == nil || before.call == nil || src.sameMemory(src.target(now.call), src.target(before.call)) == nil {
		return subject{}
	}
	return subject{exprs: []ast.Expr{src.target(now.call)}}
}
