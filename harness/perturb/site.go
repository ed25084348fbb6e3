package perturb

import (
	"go/ast"
	"go/types"
	"path/filepath"

	"lockstep/harness/lab"
)

// A Site is a statement that has a call in front of it in a rewritten file.
type Site struct {
	File   string   // its name
	Line   int      // where it begins
	End    int      // the last line of its own part: that of a statement with others in it ends where these begin
	Last   int      // the last line of all of it
	Within string   // the declaration that it is in, such as Serve or (*Server).handle
	Syntax ast.Stmt // for what it does; its positions mean nothing to others
	Stores []string // the variables that it stores to, and tells the engine of
}

// Sites returns the statements of a package that rewritten files tell the engine of, in the order of their numbers. The first one has number 1.
func Sites(files []lab.File) (all []Site, err error) {
	parsed, err := Options{}.rewrite(files)
	for _, f := range parsed {
		all = append(all, f.sites...)
	}
	return all, err
}

func (f *file) site(s ast.Stmt, within string) Site {
	end := s.End()
	ast.Inspect(s, func(n ast.Node) bool {
		if body, ok := n.(*ast.BlockStmt); ok && body.Lbrace < end {
			end = body.Lbrace
		}
		return true
	})
	begin := f.fset.PositionFor(s.Pos(), false)
	return Site{File: filepath.Base(begin.Filename), Line: begin.Line, End: f.fset.PositionFor(end, false).Line, Last: f.fset.PositionFor(s.End(), false).Line, Within: within, Syntax: s}
}

// declared is what a declaration is called, as in a stack.
func declared(d ast.Decl) string {
	f, ok := d.(*ast.FuncDecl)
	if !ok {
		return ""
	}
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	receiver := types.ExprString(f.Recv.List[0].Type)
	if _, pointer := f.Recv.List[0].Type.(*ast.StarExpr); pointer {
		receiver = "(" + receiver + ")"
	}
	return receiver + "." + f.Name.Name
}
