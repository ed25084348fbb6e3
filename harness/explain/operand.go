package explain

import (
	"go/ast"
	"go/token"
	"go/types"

	"lockstep/harness/stacks"
)

// An operand is an expression that stands for memory, in one place of the source: a variable, a
// field, an element.
type operand struct {
	expr ast.Expr
	line int // where the report would place its use
	use  use
}

type use uint8

const (
	reads  use = 1 << iota
	writes     // the left side of an assignment, and the like
	passed     // named without being used itself: s.stats in s.stats.lines or &s.stats
)

// operands lists what a function names, without the function literals in it.
func (src *source) operands(scope ast.Node) []operand {
	if body(scope) == nil {
		return nil
	}
	w := &operandWalk{
		source: src,
		used:   map[ast.Expr]operand{},
		skip:   map[ast.Node]bool{},
		types:  map[ast.Node]bool{},
	}
	inspect(body(scope), func(n ast.Node) bool {
		w.note(n, scope)
		return true
	})
	inspect(body(scope), func(n ast.Node) bool {
		if w.types[n] {
			return false
		}
		if e, ok := n.(ast.Expr); ok {
			w.collect(e)
		}
		return true
	})
	return w.found
}

// inspect visits what one function does, not what the function literals in it do; nothing where its body is not known.
func inspect(root ast.Node, visit func(ast.Node) bool) {
	if block, ok := root.(*ast.BlockStmt); ok && block == nil {
		return
	}
	ast.Inspect(root, func(n ast.Node) bool {
		return n != nil && !isLiteral(n) && visit(n)
	})
}

func isLiteral(n ast.Node) bool { _, ok := n.(*ast.FuncLit); return ok }

type operandWalk struct {
	*source
	used  map[ast.Expr]operand // how the code around an expression uses it, other than by reading it
	skip  map[ast.Node]bool    // is part of something larger, or code
	types map[ast.Node]bool    // is a type
	found []operand
}

// note records what a statement or expression means for those in it.
func (w *operandWalk) note(n ast.Node, scope ast.Node) {
	mark := func(e ast.Expr, line int, u use) {
		if e != nil {
			w.used[ast.Unparen(e)] = operand{line: line, use: u}
		}
	}
	switch n := n.(type) {
	case *ast.AssignStmt:
		u := writes
		if n.Tok != token.ASSIGN && n.Tok != token.DEFINE {
			u |= reads
		}
		for _, left := range n.Lhs {
			mark(left, w.line(n.TokPos), u) // the compiler's line for the store is that of the =
		}
	case *ast.IncDecStmt:
		mark(n.X, w.line(n.TokPos), reads|writes)
	case *ast.RangeStmt:
		mark(n.Key, w.line(n.For), writes)
		mark(n.Value, w.line(n.For), writes)
	case *ast.ValueSpec:
		w.types[n.Type] = true
		for _, name := range n.Names {
			mark(name, w.line(name.Pos()), writes)
		}
	case *ast.ReturnStmt:
		// A return assigns to the named results.
		for _, name := range results(scope) {
			w.found = append(w.found, operand{expr: name, line: w.line(n.Return), use: writes})
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			mark(n.X, w.line(n.X.Pos()), passed)
		}
	case *ast.SelectorExpr:
		w.skip[n.Sel] = true
		w.inside(n.X)
	case *ast.IndexExpr:
		w.inside(n.X)
	case *ast.KeyValueExpr:
		if id, ok := n.Key.(*ast.Ident); ok && w.isFieldName(id) {
			w.skip[id] = true
		}
	case *ast.CallExpr:
		w.call(n)
	case *ast.CompositeLit:
		w.types[n.Type] = true
	case *ast.TypeAssertExpr:
		w.types[n.Type] = true
	case *ast.LabeledStmt:
		w.skip[n.Label] = true
	case *ast.BranchStmt:
		w.skip[n.Label] = true
	}
}

// call keeps functions, methods and types from being taken for variables.
func (w *operandWalk) call(n *ast.CallExpr) {
	switch fun := ast.Unparen(n.Fun).(type) {
	case *ast.SelectorExpr:
		s := w.info.Selections[fun]
		w.skip[fun] = s == nil || s.Kind() != types.FieldVal
	case *ast.Ident:
		w.skip[fun] = !isVariable(w.object(fun))
		if (fun.Name == "make" || fun.Name == "new") && len(n.Args) > 0 {
			w.types[n.Args[0]] = true
		}
	default:
		w.types[fun] = w.info.Types[fun].IsType()
	}
}

// inside is called for x in x.f and x[i]: if x is a struct or an array and not a reference to one,
// only the part is used.
func (w *operandWalk) inside(x ast.Expr) {
	t := w.typeOf(x)
	if t == nil {
		return
	}
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array:
		w.used[ast.Unparen(x)] = operand{line: w.line(x.Pos()), use: passed}
	}
}

// collect adds an expression if it stands for memory.
func (w *operandWalk) collect(e ast.Expr) {
	if w.skip[e] {
		return
	}
	at := e.Pos()
	switch e := e.(type) {
	case *ast.Ident:
		if e.Name == "_" || !isMemory(w.object(e)) {
			return
		}
	case *ast.SelectorExpr:
		if !isMemory(w.object(e.Sel)) || w.info.Types[e].IsType() {
			return
		}
		at = e.Sel.Pos()
	case *ast.IndexExpr:
		if w.info.Types[e].IsType() || w.isFunc(e.X) {
			return // an instance of something generic
		}
		at = e.Lbrack
	case *ast.StarExpr:
		if w.info.Types[e].IsType() {
			return
		}
	default:
		return
	}
	op := operand{expr: e, line: w.line(at), use: reads}
	if known, ok := w.used[e]; ok {
		op.line, op.use = known.line, known.use
	}
	w.found = append(w.found, op)
}

// results lists the named results of a function.
func results(scope ast.Node) []*ast.Ident {
	var t *ast.FuncType
	switch fn := scope.(type) {
	case *ast.FuncDecl:
		t = fn.Type
	case *ast.FuncLit:
		t = fn.Type
	}
	var names []*ast.Ident
	if t != nil && t.Results != nil {
		for _, field := range t.Results.List {
			names = append(names, field.Names...)
		}
	}
	return names
}

// on keeps the operands that the report could mean by a line. If none has its place there, it is a
// line in the middle of a statement, and those of the statement are taken.
func (src *source) on(f stacks.Frame, all []operand, want use) []operand {
	var found []operand
	for _, op := range all {
		if op.line == f.Line && op.use&want != 0 {
			found = append(found, op)
		}
	}
	if len(found) > 0 {
		return found
	}
	stmt := src.statement(f)
	if stmt == nil {
		return nil
	}
	for _, op := range all {
		if stmt.Pos() <= op.expr.Pos() && op.expr.End() <= stmt.End() && op.use&want != 0 {
			found = append(found, op)
		}
	}
	return found
}

// statement is the innermost statement without a block that covers a frame's line, nil if there are
// none or several.
func (src *source) statement(f stacks.Frame) ast.Stmt {
	var found []ast.Stmt
	b := body(src.scope(f))
	if b == nil {
		return nil
	}
	inspect(b, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt, *ast.ExprStmt, *ast.ReturnStmt, *ast.SendStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt:
			if src.covers(n, f.Line) {
				found = append(found, n.(ast.Stmt))
			}
		}
		return true
	})
	if len(found) != 1 {
		return nil
	}
	return found[0]
}
