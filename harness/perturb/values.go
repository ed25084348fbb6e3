package perturb

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"lockstep/harness/steer"
)

// mostStores is how many variables of one statement are told.
const mostStores = 15

// addValues puts a call of engine.V behind a statement that stores to variables that others may see, so that a recording knows what they hold. It is the
// last of the sites.
func (f *file) addValues(name string, number int, s ast.Stmt, shared shared) {
	site := &f.sites[len(f.sites)-1]
	if number > steer.MostSites || site.Last > site.Line { // what the compiler has against a name is told of one line
		return
	}
	for _, v := range shared.stored(s) {
		text := types.ExprString(v)
		if len(site.Stores) == mostStores || slices.Contains(site.Stores, text) {
			continue
		}
		f.insert(s.End(), fmt.Sprintf("; %s.V(%d, %d, &%s)", name, number, len(site.Stores), text))
		site.Stores = append(site.Stores, text)
	}
}

// stored are the variables of which a statement changes the value, or what is in them. To name one again, behind the statement, must not be a use of
// anything that the statement has not used just now: who gets at it through more than a local pointer may have waited meanwhile, if it calls.
func (s shared) stored(stmt ast.Stmt) (all []ast.Expr) {
	var targets, from []ast.Expr
	switch stmt := stmt.(type) {
	case *ast.AssignStmt:
		if stmt.Tok != token.DEFINE {
			targets, from = stmt.Lhs, stmt.Rhs
		}
	case *ast.IncDecStmt:
		targets = []ast.Expr{stmt.X}
	case *ast.ExprStmt:
		if call, ok := stmt.X.(*ast.CallExpr); ok && builtin(call.Fun, "delete", "clear") {
			targets, from = call.Args[:1], call.Args[1:]
		}
	}
	calls := slices.ContainsFunc(from, mayWait)
	for _, t := range targets {
		if x, ok := t.(*ast.IndexExpr); ok {
			calls = calls || mayWait(x.Index)
			t = x.X
		}
		switch t := t.(type) {
		case *ast.Ident:
			if t.Name != "_" && s.isShared(t) && t.Obj != nil && s.used[t.Obj.Pos()] { // who takes its address uses it
				all = append(all, t)
			}
		case *ast.SelectorExpr:
			if root, ok := t.X.(*ast.Ident); ok && root.Obj != nil && !s.isShared(root) || !calls && plain(t) {
				all = append(all, t)
			}
		}
	}
	return all
}

// plain tells whether an expression is names and dots.
func plain(e ast.Expr) bool {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return true
		case *ast.SelectorExpr:
			e = x.X
		default:
			return false
		}
	}
}

// mayWait tells whether others may run while an expression is worked out.
func mayWait(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			found = found || !harmless(n.Fun)
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

func builtin(f ast.Expr, names ...string) bool {
	id, ok := f.(*ast.Ident)
	if !ok || id.Obj != nil || !slices.Contains(names, id.Name) {
		return false
	}
	_, ok = types.Universe.Lookup(id.Name).(*types.Builtin)
	return ok
}
