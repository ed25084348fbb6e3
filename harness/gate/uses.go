package gate

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// A loan is a use that is fine as long as no file of the submission can get back what was lent.
type loan struct {
	at         *ast.SelectorExpr
	path       string
	back, rule string // the method that gives it back
}

// uses looks at each place where a name stands behind a dot, and at all assignments.
func (s *source) uses() {
	certain := s.certain()
	var above []ast.Node // from the file down to the node's parent
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		switch n := n.(type) {
		case *ast.SelectorExpr:
			s.selector(n, above, certain)
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				s.assigned(e)
			}
		case *ast.IncDecStmt:
			s.assigned(n.X)
		case *ast.RangeStmt:
			s.assigned(n.Key)
			s.assigned(n.Value)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				s.assigned(n.X) // whoever has the address can
			}
		}
		above = append(above, n)
		return true
	})
}

// certain returns the names that stand for a package wherever they stand in this file, as nothing else in
// it is called so. What is refused is refused without; what is allowed to get something that others do not is
// a package's function only then.
func (s *source) certain() map[string]bool {
	names := map[string]bool{}
	for name := range s.packages {
		names[name] = true
	}
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.SelectorExpr: // neither the package nor what is behind the dot is declared here
			if _, ok := n.X.(*ast.Ident); !ok {
				ast.Inspect(n.X, visit)
			}
			return false
		case *ast.Ident:
			delete(names, n.Name)
		}
		return true
	}
	ast.Inspect(s.syntax, visit)
	return names
}

// qualified returns what is known of the package that X in X.Sel is the name of in this file, nil if it is none.
func (s *source) qualified(sel *ast.SelectorExpr) *answers {
	if id, ok := sel.X.(*ast.Ident); ok {
		return s.packages[id.Name]
	}
	return nil
}

func (s *source) selector(sel *ast.SelectorExpr, above []ast.Node, certain map[string]bool) {
	name := sel.Sel.Name
	pkg := s.qualified(sel)
	if pkg != nil {
		if a, ok := pkg.names[name]; ok {
			if a.rule != "" && !(a.only != nil && s.permitted(sel, a, above, certain)) {
				s.add(a.rule, sel.Pos(), "%s.%s", pkg.path, name)
				return
			}
		} else if pkg.declared(name) {
			s.add("unknown", sel.Pos(), "%s.%s", pkg.path, name)
			return
		}
	}
	if a, ok := refusedMethods[name]; ok { // of a variable, which may be called like a package
		s.add(a.rule, sel.Pos(), "%s", a.name)
		return
	}
	if pkg == nil || !certain[sel.X.(*ast.Ident).Name] {
		s.selected[name] = true
	}
}

// permitted tells whether a name that is for a few uses only is in one of them.
func (s *source) permitted(sel *ast.SelectorExpr, a answer, above []ast.Node, certain map[string]bool) bool {
	var self ast.Node = sel
	up := func() ast.Node { // the next node above that is no parenthesis
		for len(above) > 0 {
			parent := above[len(above)-1]
			above = above[:len(above)-1]
			if _, ok := parent.(*ast.ParenExpr); !ok {
				return parent
			}
			self = parent
		}
		return nil
	}
	switch parent := up().(type) {
	case *ast.CallExpr:
		if parent.Fun == self {
			return len(parent.Args) == 1 && isZero(parent.Args[0]) && slices.Contains(a.only, "(0)")
		}
		to, ok := ast.Unparen(parent.Fun).(*ast.SelectorExpr)
		if !ok || s.qualified(to) == nil || !certain[to.X.(*ast.Ident).Name] {
			return false
		}
		function := s.qualified(to).path + "." + to.Sel.Name
		for _, use := range a.only {
			name, back, lent := strings.Cut(use, "!")
			if name != function {
				continue
			}
			if lent {
				s.loans = append(s.loans, loan{sel, s.qualified(sel).path, back, a.rule})
			}
			return true
		}
	case *ast.SelectorExpr:
		return slices.Contains(a.only, "."+parent.Sel.Name)
	case *ast.StarExpr: // copied
		self = parent
		switch over := up().(type) {
		case *ast.AssignStmt:
			return slices.Contains(a.only, "*") && slices.Contains(over.Rhs, self.(ast.Expr))
		case *ast.ValueSpec:
			return slices.Contains(a.only, "*") && slices.Contains(over.Values, self.(ast.Expr))
		}
	}
	return false
}

func isZero(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Value == "0"
}

// settleLoans looks at the loans again when all files have been looked at.
func (s *source) settleLoans(all []*source) {
	for _, l := range s.loans {
		if slices.ContainsFunc(all, func(other *source) bool { return other.selected[l.back] }) {
			s.add(l.rule, l.at.Pos(), "%s.%s, in a submission with something called %s", l.path, l.at.Sel.Name, l.back)
		}
	}
}

// assigned refuses an expression that is assigned to, or whose address is taken, if it is a variable of another package
// or a part of one. A variable that may not be used, or so, is refused as that.
func (s *source) assigned(e ast.Expr) {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.TypeAssertExpr:
			e = x.X
		case *ast.SelectorExpr:
			if pkg := s.qualified(x); pkg != nil {
				if a := pkg.names[x.Sel.Name]; a.kind == "var" && a.rule == "" {
					s.add("assign", x.Pos(), "%s.%s", pkg.path, x.Sel.Name)
				}
				return
			}
			e = x.X
		default:
			return
		}
	}
}
