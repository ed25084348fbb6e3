package explain

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// A place is a call in the source.
type place struct {
	frame stacks.Frame
	scope ast.Node // the function around it
	call  *ast.CallExpr
}

// calls lists the calls that a line makes to a function of this name. An empty name is any.
func (src *source) calls(f stacks.Frame, scope ast.Node, name string) []*ast.CallExpr {
	var found []*ast.CallExpr
	if body(scope) == nil {
		return nil
	}
	inspect(body(scope), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || name != "" && calledName(call) != name {
			return true
		}
		at := []token.Pos{call.Pos(), call.Lparen}
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			at = append(at, sel.Sel.Pos())
		}
		if slices.ContainsFunc(at, func(pos token.Pos) bool { return src.line(pos) == f.Line }) {
			found = append(found, call)
		}
		return true
	})
	return found
}

// places lists the calls in all files that fit.
func (src *source) places(fits func(*ast.CallExpr) bool) []place {
	var found []place
	for _, name := range slices.Sorted(maps.Keys(src.files)) {
		for _, d := range src.files[name].syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			src.placesIn(fn, stacks.Frame{Func: "." + declName(fn), File: name}, fits, &found)
		}
	}
	slices.SortStableFunc(found, func(a, b place) int { return cmp.Compare(a.frame.Line, b.frame.Line) })
	return found
}

func (src *source) placesIn(scope ast.Node, f stacks.Frame, fits func(*ast.CallExpr) bool, found *[]place) {
	ast.Inspect(body(scope), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			inner := f
			inner.Func += ".func1"
			src.placesIn(n, inner, fits, found)
			return false
		case *ast.CallExpr:
			if fits(n) {
				at := f
				at.Line = src.line(n.Lparen)
				*found = append(*found, place{at, scope, n})
			}
		}
		return true
	})
}

// target is what a hidden call works on: x in x.Add(1) and in atomic.AddInt64(&x, 1).
func (ns *names) target(call *ast.CallExpr) ast.Expr {
	if x := receiver(call); !ns.isPackage(x) {
		return x
	}
	return call.Args[0]
}

// calledName is the last word of what is called: Write in s.buf.Write(p).
func calledName(call *ast.CallExpr) string {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	case *ast.IndexExpr:
		return calledName(&ast.CallExpr{Fun: fun.X})
	}
	return ""
}

// receiver is x in x.f(), nil if there is none.
func receiver(call *ast.CallExpr) ast.Expr {
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return sel.X
	}
	return nil
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
