package explain

import (
	"go/ast"
	"go/token"
	"go/types"
)

// An identity is the same for two expressions that may be the same memory: s.log and srv.log are
// one field, whatever the variables are called.
type identity struct {
	obj  types.Object // the variable or field that it ends in
	text string       // the expression instead, where the object is not known
	path string       // "[]" for an element of it, "*" for what it points to
}

func (ns *names) identity(e ast.Expr) identity {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		if obj := ns.object(x); obj != nil {
			return identity{obj: obj}
		}
		return identity{text: x.Name}
	case *ast.SelectorExpr:
		if v, ok := ns.object(x.Sel).(*types.Var); ok {
			return identity{obj: v.Origin()}
		}
		return identity{text: types.ExprString(x)}
	case *ast.IndexExpr:
		id := ns.identity(x.X)
		id.path += "[]"
		return id
	case *ast.StarExpr:
		id := ns.identity(x.X)
		id.path += "*"
		return id
	case *ast.SliceExpr:
		return ns.identity(x.X)
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			return ns.identity(x.X)
		}
	}
	return identity{}
}

// sameMemory returns x if both may be the same variable, field, or element.
func (ns *names) sameMemory(x, y ast.Expr) ast.Expr {
	if id := ns.identity(x); id != (identity{}) && id == ns.identity(y) {
		return x
	}
	return nil
}

// partOf returns the smaller of x and y if it is a field or element inside of the other: a copy of a
// struct reads all of its fields.
func (ns *names) partOf(x, y ast.Expr) ast.Expr {
	if ns.contains(y, x) {
		return x
	}
	if ns.contains(x, y) {
		return y
	}
	return nil
}

func (ns *names) contains(whole, part ast.Expr) bool {
	wholeType := ns.typeOf(whole)
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
		t := ns.typeOf(outer)
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
		if ns.sameMemory(outer, whole) != nil {
			return true
		}
		part = outer
	}
}

// wholeOf is the one of x and y that part is not, if part is in it.
func (ns *names) wholeOf(part, x, y ast.Expr) ast.Expr {
	for _, e := range []ast.Expr{x, y} {
		if e != part && ns.contains(e, part) {
			return e
		}
	}
	return nil
}

// sameBase returns x if both are in the same map or slice, or it itself.
func (ns *names) sameBase(x, y ast.Expr) ast.Expr {
	a, b := ns.identity(x), ns.identity(y)
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

// begins tells whether a is where b begins: s of s.log.
func begins(a, b ast.Expr) bool { return a != b && a.Pos() == b.Pos() && a.End() < b.End() }
