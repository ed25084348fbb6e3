package perturb

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A shared knows the variables of a file that more than one function can see: those of the package, those that a function literal takes from
// around it, and those of which the address is taken.
type shared struct {
	declared map[token.Pos]bool // where they are
	used     map[token.Pos]bool // those of which more is done than to store to them, and all of the package
}

func sharedIn(f *ast.File) shared {
	s := shared{map[token.Pos]bool{}, map[token.Pos]bool{}}
	targets := map[ast.Expr]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				targets[e] = true
			}
		case *ast.IncDecStmt:
			targets[n.X] = true
		case *ast.Ident:
			if n.Obj != nil && n.Pos() != n.Obj.Pos() && !targets[n] {
				s.used[n.Obj.Pos()] = true
			}
		}
		return true
	})
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			ast.Inspect(n, func(inner ast.Node) bool {
				if id, ok := inner.(*ast.Ident); ok && id.Obj != nil && (id.Obj.Pos() < n.Pos() || id.Obj.Pos() >= n.End()) {
					s.declared[id.Obj.Pos()] = true
				}
				return true
			})
		case *ast.UnaryExpr:
			if id, ok := n.X.(*ast.Ident); ok && n.Op == token.AND && id.Obj != nil {
				s.declared[id.Obj.Pos()] = true
			}
		}
		return true
	})
	for _, obj := range f.Scope.Objects {
		s.declared[obj.Pos()], s.used[obj.Pos()] = true, true
	}
	return s
}

// touches tells whether a statement may do something that other goroutines can see, or see what they do. It goes by the syntax, and in doubt
// says yes. Statements inside of it do not count: they have a place of their own.
func (s shared) touches(stmt ast.Stmt) bool {
	found := false
	ast.Inspect(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			return false
		case *ast.CaseClause:
			for _, e := range n.List {
				found = found || s.touches(&ast.ExprStmt{X: e})
			}
			return false
		case *ast.SelectorExpr, *ast.IndexExpr, *ast.IndexListExpr, *ast.SliceExpr, *ast.StarExpr, *ast.SendStmt, *ast.GoStmt, *ast.SelectStmt, *ast.RangeStmt:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		case *ast.CallExpr:
			found = found || !harmless(n.Fun)
		case *ast.Ident:
			found = found || s.isShared(n)
		}
		return !found
	})
	if _, ok := stmt.(*ast.SelectStmt); ok {
		return true // its cases are in a block
	}
	return found
}

// harmless tells whether a call of f does nothing with what somebody else may have.
func harmless(f ast.Expr) bool {
	id, ok := f.(*ast.Ident)
	if !ok || id.Obj != nil {
		return false
	}
	switch obj := types.Universe.Lookup(id.Name).(type) {
	case *types.TypeName:
		return true
	case *types.Builtin:
		switch obj.Name() {
		case "make", "new", "len", "cap", "min", "max", "append", "recover":
			return true
		}
	}
	return false
}

func (s shared) isShared(id *ast.Ident) bool {
	if id.Obj != nil {
		return id.Obj.Kind == ast.Var && s.declared[id.Obj.Pos()]
	}
	return id.Name != "_" && types.Universe.Lookup(id.Name) == nil // of another file, or an imported package
}
