package explain

import (
	"go/ast"
	"slices"

	"lockstep/harness/stacks"
)

// startedAt is the student's line with the go statement, or with the call like wg.Go.
func (s *site) startedAt() (stacks.Frame, bool) {
	// The source knows best if the goroutine began in a function literal: where a call like wg.Go
	// has been inlined, the detector gives a wrong line, or none.
	if start, ok := s.literalStart(); ok {
		return start, true
	}
	created := s.access.Created
	i := s.src.own.Innermost(created)
	if i < 0 {
		return stacks.Frame{}, false
	}
	if i == 0 {
		return created[0], true
	}
	starter := lastName(created[i-1])
	return created[i], starter == "Go" && len(s.src.calls(created[i], s.src.scope(created[i]), starter)) > 0
}

// literalStart finds the statement that runs the function literal in which a goroutine began.
func (s *site) literalStart() (stacks.Frame, bool) {
	stack := slices.DeleteFunc(slices.Clone(s.access.Stack), func(f stacks.Frame) bool {
		return lastName(f) == "Go" // WaitGroup.Go runs its function in a literal of its own
	})
	if len(stack) == 0 || !s.src.own.Has(stack[len(stack)-1]) {
		return stacks.Frame{}, false
	}
	first := stack[len(stack)-1]
	lit, ok := s.src.scope(first).(*ast.FuncLit)
	if !ok {
		return stacks.Frame{}, false
	}
	line := 0
	ast.Inspect(s.src.decl(first), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			if n.Call.Fun == lit {
				line = s.src.line(n.Go)
			}
		case *ast.CallExpr:
			if calledName(n) == "Go" && slices.Contains(n.Args, ast.Expr(lit)) {
				line = s.src.line(n.Pos())
			}
		}
		return line == 0
	})
	start := stacks.Frame{Func: literalName.ReplaceAllString(first.Func, ""), File: first.File, Line: line}
	return start, line > 0
}
