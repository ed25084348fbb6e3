package perturb

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// addYields puts a call of engine.Y, engine.L or engine.Started before every statement that stands in a list of statements, which
// are those of blocks and of the clauses of switch and select. Statements elsewhere, such as the
// first part of an if and what a label names, have no room in front of them. Package engine is imported under name.
// Statements are numbered through all files of the package: the first one of this file is behind so many.
func (f *file) addYields(name string, behind int) {
	shared := sharedIn(f.syntax)
	within := ""
	number := func(s ast.Stmt) int {
		f.sites = append(f.sites, f.site(s, within))
		return behind + len(f.sites)
	}
	empty := func(body *ast.BlockStmt, s ast.Stmt) { // whoever goes round there could be overtaken, too
		if !slices.ContainsFunc(body.List, func(s ast.Stmt) bool { _, none := s.(*ast.EmptyStmt); return !none }) {
			f.insert(body.Lbrace+1, fmt.Sprintf("%s.Y(%d); ", name, number(s)))
		}
	}
	list := func(stmts []ast.Stmt) {
		for i, s := range stmts {
			switch s.(type) {
			case *ast.EmptyStmt, *ast.CaseClause, *ast.CommClause:
				continue
			}
			call := "Y"
			switch {
			case i > 0 && starts(stmts[i-1]):
				call = "Started"
			case !shared.touches(s):
				call = "L"
			}
			site := number(s)
			f.insert(s.Pos(), fmt.Sprintf("%s.%s(%d); ", name, call, site))
			f.addValues(name, site, s, shared)
		}
	}
	directives := f.directives()
	before := f.syntax.Name.End()
	for _, decl := range f.syntax.Decls {
		next, _ := slices.BinarySearch(directives, before)
		special := next < len(directives) && directives[next] < decl.Pos()
		before = decl.End()
		if special {
			continue
		}
		within = declared(decl)
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				list(n.List)
			case *ast.ForStmt:
				empty(n.Body, n)
			case *ast.RangeStmt:
				empty(n.Body, n)
			case *ast.CaseClause:
				list(n.Body)
			case *ast.CommClause:
				list(n.Body)
			}
			return true
		})
	}
	if len(f.sites) > 0 {
		// Behind the package clause an import does not come between anything and its comment.
		f.insert(f.syntax.Name.End(), "; import "+name+" "+strconv.Quote(enginePath))
	}
}

// starts tells whether a statement starts a goroutine: go, or a call such as WaitGroup's Go.
func starts(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.GoStmt:
		return true
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		return ok && method.Sel.Name == "Go"
	}
	return false
}

// directives lists the comments that tell the compiler something special about the declaration that
// comes next, whether they touch it or not: code that must not grow the stack must not call Y either.
func (f *file) directives() []token.Pos {
	var at []token.Pos
	for _, group := range f.syntax.Comments {
		for _, c := range group.List {
			switch word, _, _ := strings.Cut(c.Text, " "); word {
			case "//go:build", "//go:generate", "//go:noinline":
			default:
				if strings.HasPrefix(word, "//go:") {
					at = append(at, c.Pos())
				}
			}
		}
	}
	return at
}

// unusedName returns name, or something like it if any of a package's files has a use for it already, whatever that is: a
// name that one file declares is in the way of an import in all others.
func unusedName(name string, files []*file) string {
	used := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[id.Name] = true
			}
			return true
		})
	}
	for used[name] {
		name += "_"
	}
	return name
}
