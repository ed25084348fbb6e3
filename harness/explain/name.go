package explain

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// An identity is the same for two expressions that may be the same memory: s.log and srv.log are
// one field, whatever the variables are called.
type identity struct {
	obj  types.Object // the variable or field that it ends in
	text string       // the expression instead, where the object is not known
	path string       // "[]" for an element of it, "*" for what it points to
}

func (p *program) identity(e ast.Expr) identity {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		if obj := p.object(x); obj != nil {
			return identity{obj: obj}
		}
		return identity{text: x.Name}
	case *ast.SelectorExpr:
		if v, ok := p.object(x.Sel).(*types.Var); ok {
			return identity{obj: v.Origin()}
		}
		return identity{text: types.ExprString(x)}
	case *ast.IndexExpr:
		id := p.identity(x.X)
		id.path += "[]"
		return id
	case *ast.StarExpr:
		id := p.identity(x.X)
		id.path += "*"
		return id
	case *ast.SliceExpr:
		return p.identity(x.X)
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			return p.identity(x.X)
		}
	}
	return identity{}
}

// A subject is what a race is about, as far as that can be told.
type subject struct {
	exprs []ast.Expr // what it may be, one or two; none if unknown
	other ast.Expr   // the other line's expression for exprs[0], where it differs
	vague bool       // other is known only by being the one thing that it can be
	whole ast.Expr   // the struct that one line copies, where exprs[0] is a field of it
}

// subject finds what two sites have in common.
func (p *program) subject(now, before *site) subject {
	first, second := now, before
	if before.access.Write && !now.access.Write {
		first, second = before, now // the writing line decides how it is called
	}
	a, b := p.candidates(first), p.candidates(second)
	for _, match := range []func(x, y ast.Expr) ast.Expr{p.sameMemory, p.partOf, p.sameBase} {
		if s := p.choose(a, b, match); len(s.exprs) > 0 {
			return s
		}
	}
	if s := p.onlyOne(first, second); len(s.exprs) > 0 {
		return s
	}
	return p.onlyOne(second, first)
}

// onlyOne names what a line uses if that can be one thing only, whatever the other line calls it.
func (p *program) onlyOne(s, other *site) subject {
	c := p.candidates(s)
	if len(c) != 1 || !p.certain(s) {
		return subject{}
	}
	found := subject{exprs: []ast.Expr{c[0].expr}}
	if o := p.candidates(other); other.callee().Func == "" && len(o) == 1 {
		found.other, found.vague = o[0].expr, true
	}
	return found
}

// sameMemory returns x if both may be the same variable, field, or element.
func (p *program) sameMemory(x, y ast.Expr) ast.Expr {
	if id := p.identity(x); id != (identity{}) && id == p.identity(y) {
		return x
	}
	return nil
}

// partOf returns the smaller of x and y if it is a field or element inside of the other: a copy of a
// struct reads all of its fields.
func (p *program) partOf(x, y ast.Expr) ast.Expr {
	if p.contains(y, x) {
		return x
	}
	if p.contains(x, y) {
		return y
	}
	return nil
}

func (p *program) contains(whole, part ast.Expr) bool {
	wholeType := p.typeOf(whole)
	if wholeType == nil {
		return false
	}
	for {
		var outer ast.Expr
		switch x := ast.Unparen(part).(type) {
		case *ast.SelectorExpr:
			outer = x.X
		case *ast.IndexExpr:
			outer = x.X
		default:
			return false
		}
		t := p.typeOf(outer)
		if t == nil {
			return false
		}
		if pointer, ok := t.Underlying().(*types.Pointer); ok {
			_, deref := ast.Unparen(whole).(*ast.StarExpr)
			return deref && types.Identical(pointer.Elem(), wholeType)
		}
		switch t.Underlying().(type) {
		case *types.Struct, *types.Array:
		default:
			return false
		}
		if p.sameMemory(outer, whole) != nil {
			return true
		}
		part = outer
	}
}

// wholeOf is the one of x and y that part is not, if part is in it.
func (p *program) wholeOf(part, x, y ast.Expr) ast.Expr {
	for _, e := range []ast.Expr{x, y} {
		if e != part && p.contains(e, part) {
			return e
		}
	}
	return nil
}

// sameBase returns x if both are in the same map or slice, or it itself.
func (p *program) sameBase(x, y ast.Expr) ast.Expr {
	a, b := p.identity(x), p.identity(y)
	if a.path == "" && b.path == "" {
		return nil
	}
	a.path, b.path = "", ""
	if a == (identity{}) || a != b {
		return nil
	}
	if index, ok := ast.Unparen(x).(*ast.IndexExpr); ok {
		return index.X
	}
	return x
}

// choose keeps the likeliest matches, one for each thing that it can be; none if those are many.
func (p *program) choose(a, b []candidate, match func(x, y ast.Expr) ast.Expr) subject {
	type pair struct {
		subject
		rank int
	}
	var found []pair
	for _, x := range a {
		for _, y := range b {
			e := match(x.expr, y.expr)
			if e == nil || slices.ContainsFunc(found, func(f pair) bool { return p.identity(f.exprs[0]) == p.identity(e) }) {
				continue
			}
			s := subject{exprs: []ast.Expr{e}, other: y.expr}
			if p.sameMemory(x.expr, y.expr) == nil {
				s.other, s.whole = nil, p.wholeOf(e, x.expr, y.expr)
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

// begins tells whether a is where b begins: s of s.log.
func begins(a, b ast.Expr) bool { return a != b && a.Pos() == b.Pos() && a.End() < b.End() }
