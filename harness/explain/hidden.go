package explain

import (
	"cmp"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// The packages sync and sync/atomic do not tell the detector when their functions are entered. An
// access in there is printed with the callers of the function that called them: the line that
// matters is missing. It is searched for in the source, from two sides: it must be a call that
// fits, and where it is, the frame outside of it must have led.

// reveal completes the sites of calls into sync and sync/atomic.
func (p *program) reveal(now, before *site) {
	for _, pair := range [][2]*site{{now, before}, {before, now}} {
		s, other := pair[0], pair[1]
		if s.hidden == "" {
			continue
		}
		found := p.search(s, p.hiddenCalls(s, other))
		s.frame, s.scope = stacks.Frame{}, nil
		for _, c := range found {
			s.call = c.call
			s.either = append(s.either, c.frame.Line)
			s.frame.File = c.frame.File
		}
		if len(found) == 1 {
			s.frame, s.scope, s.either = found[0].frame, found[0].scope, nil
		}
	}
}

// A place is a call in the source.
type place struct {
	frame stacks.Frame
	scope ast.Node
	call  *ast.CallExpr
}

// hiddenCalls lists the calls in the student's files that may be a hidden one.
func (p *program) hiddenCalls(s, other *site) []place {
	fits := p.fitting(s)
	all := p.places(fits)
	var on []identity
	if other.hidden == "" {
		for _, c := range p.candidates(other) {
			on = append(on, p.identity(c.expr))
		}
	} else {
		for _, c := range p.places(p.fitting(other)) {
			on = append(on, p.identity(p.target(c.call)))
		}
	}
	same := slices.DeleteFunc(slices.Clone(all), func(c place) bool {
		return !slices.Contains(on, p.identity(p.target(c.call)))
	})
	if len(same) > 0 || s.hidden == "sync" && other.hidden != "sync" {
		return same
	}
	return all
}

// fitting tells which calls do what the detector saw.
func (p *program) fitting(s *site) func(*ast.CallExpr) bool {
	if s.hidden == "sync" {
		// Only WaitGroup announces reads and writes: Add reads, Wait writes.
		return func(call *ast.CallExpr) bool {
			x := receiver(call)
			if x == nil || p.isPackage(x) {
				return false
			}
			switch calledName(call) {
			case "Add", "Go":
				return !s.access.Write && len(call.Args) == 1
			case "Wait":
				return s.access.Write && len(call.Args) == 0
			}
			return false
		}
	}
	name := lastName(s.access.Stack[0])
	return func(call *ast.CallExpr) bool {
		x := receiver(call)
		return x != nil && p.isPackage(x) && calledName(call) == name && len(call.Args) > 0
	}
}

// target is what a hidden call works on: x in x.Add(1) and in atomic.AddInt64(&x, 1).
func (p *program) target(call *ast.CallExpr) ast.Expr {
	if x := receiver(call); !p.isPackage(x) {
		return x
	}
	return call.Args[0]
}

func (p *program) isPackage(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	_, ok = p.object(id).(*types.PkgName)
	return ok
}

// places lists the calls in all files that fit.
func (p *program) places(fits func(*ast.CallExpr) bool) []place {
	var found []place
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		for _, d := range p.files[name].syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			p.placesIn(fn, stacks.Frame{Func: "." + declName(fn), File: name}, fits, &found)
		}
	}
	slices.SortStableFunc(found, func(a, b place) int { return cmp.Compare(a.frame.Line, b.frame.Line) })
	return found
}

func (p *program) placesIn(scope ast.Node, f stacks.Frame, fits func(*ast.CallExpr) bool, found *[]place) {
	ast.Inspect(body(scope), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			inner := f
			inner.Func += ".func1"
			p.placesIn(n, inner, fits, found)
			return false
		case *ast.CallExpr:
			if fits(n) {
				at := f
				at.Line = p.line(n.Lparen)
				*found = append(*found, place{at, scope, n})
			}
		}
		return true
	})
}

// search keeps the calls that the frame outside of the hidden one can have led to.
func (p *program) search(s *site, calls []place) []place {
	outside, ok := s.frame, s.known()
	if i := p.own.Innermost(s.access.Created); !ok && len(s.via) == 0 && i >= 0 {
		outside, ok = s.access.Created[i], true // nothing but the goroutine's own function
	}
	if !ok {
		return calls
	}
	on := slices.DeleteFunc(slices.Clone(calls), func(c place) bool {
		return c.frame.File != outside.File || c.frame.Line != outside.Line
	})
	if len(on) > 0 {
		return on
	}
	names := map[string]bool{}
	for _, call := range p.calls(outside, p.scope(outside), "") {
		names[calledName(call)] = true
	}
	in := slices.DeleteFunc(slices.Clone(calls), func(c place) bool {
		if lit, ok := c.scope.(*ast.FuncLit); ok && p.covers(lit, outside.Line) {
			return false // go func() { ... }() begins on that line
		}
		return !names[lastName(stacks.Frame{Func: literalName.ReplaceAllString(c.frame.Func, "")})]
	})
	if len(in) > 0 {
		return in
	}
	return calls
}

// declName is what the compiler calls a function: (*Server).handle.
func declName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	t := fn.Recv.List[0].Type
	star, pointer := t.(*ast.StarExpr)
	if pointer {
		t = star.X
	}
	name, _, _ := strings.Cut(types.ExprString(t), "[") // without type parameters
	if pointer {
		name = "(*" + name + ")"
	}
	return name + "." + fn.Name.Name
}
