package explain

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// A candidate is something on a line that may be what the report is about.
type candidate struct {
	expr ast.Expr
	rank int // 0 is likelier than 1
}

// candidates lists what a site may be about, which depends on how it got at the memory.
func (p *program) candidates(s *site) []candidate {
	all := p.operands(s.scope)
	callee := s.callee()
	switch {
	case s.call != nil:
		return []candidate{{expr: p.target(s.call)}}
	case s.scope == nil || s.hidden != "":
		return nil
	case callee.Func == "" && s.bytes:
		return p.given(s, p.calls(s.frame, s.scope, ""))
	case callee.Func == "":
		want := reads
		if s.access.Write {
			want = writes
		}
		var found []candidate
		for _, op := range p.on(s.frame, all, want) {
			if p.shareable(op.expr, s) {
				found = append(found, candidate{expr: op.expr})
			}
		}
		return found
	case strings.HasPrefix(callee.Func, "runtime."):
		return p.builtin(s, all)
	}
	return p.given(s, p.calls(s.frame, s.scope, lastName(callee)))
}

// given lists what a line gives to a function of a library, as receiver or argument. The memory can
// be what any of it leads to. The receiver of a method is the likeliest, unless it was bytes that
// were moved; and what nobody else can know is the least likely.
func (p *program) given(s *site, calls []*ast.CallExpr) []candidate {
	moved := s.movesBytes()
	method := s.callee().Func == "" || typeName(s.callee()) != ""
	var found []candidate
	add := func(e ast.Expr, rank int) {
		if !p.shareable(e, s) {
			rank += 2
		}
		found = append(found, candidate{expr: e, rank: rank})
	}
	for _, call := range calls {
		// What a connection's own Read or Write is given is all that it tells the detector of.
		told := s.callee().Func == "" && slices.ContainsFunc(call.Args, p.isBytes)
		if x := receiver(call); x != nil && method && !told {
			add(x, 0)
		}
		name := calledName(call)
		for _, arg := range call.Args {
			switch {
			case p.isScalar(arg):
			case p.isBytes(arg):
				// What is called Write reads its argument, what is called Read writes it.
				other := "Read"
				if s.access.Write {
					other = "Write"
				}
				if moved && !strings.HasPrefix(name, other) {
					add(arg, 0)
				}
			default:
				add(arg, 1)
			}
		}
	}
	return found
}

// isBytes tells whether an expression is a slice of bytes.
func (p *program) isBytes(e ast.Expr) bool {
	t := p.typeOf(e)
	if t == nil {
		return false
	}
	slice, ok := t.Underlying().(*types.Slice)
	return ok && types.Identical(slice.Elem().Underlying(), types.Typ[types.Byte])
}

// isScalar tells whether a value is all there is: nothing can be reached through it.
func (p *program) isScalar(e ast.Expr) bool {
	if tv := p.info.Types[e]; tv.Value != nil || tv.IsType() || tv.IsNil() {
		return true
	}
	t := p.typeOf(e)
	if t == nil {
		return false
	}
	_, basic := t.Underlying().(*types.Basic)
	return basic
}

// root is what the leftmost name of an expression stands for.
func (p *program) root(e ast.Expr) types.Object {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.Ident:
			return p.object(x)
		default:
			return nil
		}
	}
}

// builtin lists what a line gives to the part of the language that the runtime function stands for.
func (p *program) builtin(s *site, all []operand) []candidate {
	name := strings.TrimPrefix(s.callee().Func, "runtime.")
	var found []candidate
	add := func(e ast.Expr) { found = append(found, candidate{expr: e}) }
	args := func(of string, n int) {
		for _, call := range p.calls(s.frame, s.scope, of) {
			for _, arg := range call.Args[:min(n, len(call.Args))] {
				add(arg)
			}
		}
	}
	statements := func(visit func(ast.Node)) {
		inspect(body(s.scope), func(n ast.Node) bool { visit(n); return true })
	}
	switch {
	case strings.HasPrefix(name, "mapassign"), strings.HasPrefix(name, "mapaccess"):
		want := reads | writes
		if s.access.Write {
			want = writes
		}
		for _, op := range p.on(s.frame, all, want) {
			if index, ok := op.expr.(*ast.IndexExpr); ok {
				add(index.X)
			}
		}
	case strings.HasPrefix(name, "mapdelete"):
		args("delete", 1)
	case strings.HasPrefix(name, "mapclear"):
		args("clear", 1)
	case strings.HasPrefix(name, "mapIter"), strings.HasPrefix(name, "mapiter"):
		statements(func(n ast.Node) {
			if loop, ok := n.(*ast.RangeStmt); ok && p.line(loop.For) == s.frame.Line {
				add(loop.X)
			}
		})
	case name == "closechan":
		args("close", 1)
	case strings.HasPrefix(name, "chansend"):
		statements(func(n ast.Node) {
			if send, ok := n.(*ast.SendStmt); ok && p.covers(send, s.frame.Line) {
				add(send.Chan)
			}
		})
	case name == "growslice":
		args("append", 1)
	case name == "slicecopy":
		args("copy", 2)
		args("append", 2)
	default:
		for _, op := range p.on(s.frame, all, reads|writes|passed) {
			if p.shareable(op.expr, s) || !p.isScalar(op.expr) {
				add(op.expr)
			}
		}
	}
	return found
}

// shareable tells whether a second goroutine can know an expression: a local variable is its
// function's own unless a function literal uses it or its address is taken.
func (p *program) shareable(e ast.Expr, s *site) bool {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
		e = u.X
	}
	if slice, ok := ast.Unparen(e).(*ast.SliceExpr); ok {
		e = slice.X
	}
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return true
	}
	obj := p.object(id)
	return obj == nil || !p.isLocal(obj) || p.escapes(obj, s.frame)
}

func (p *program) isLocal(obj types.Object) bool {
	v, ok := obj.(*types.Var)
	return ok && !v.IsField() && obj.Pkg() != nil && obj.Parent() != obj.Pkg().Scope()
}

func (p *program) escapes(obj types.Object, f stacks.Frame) bool {
	decl := p.decl(f)
	if decl == nil {
		return true
	}
	found := false
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			found = found || p.captures(n, obj)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && p.root(n.X) == obj
		}
		return !found
	})
	return found
}

// captures tells whether a function literal uses a variable from around it.
func (p *program) captures(lit *ast.FuncLit, obj types.Object) bool {
	if lit.Pos() <= obj.Pos() && obj.Pos() < lit.End() {
		return false
	}
	found := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && p.object(id) == obj
		return !found
	})
	return found
}

// certain tells whether a site's candidates are all that it can be about.
func (p *program) certain(s *site) bool {
	switch {
	case s.call != nil || s.through("runtime.map") || s.through("runtime.chan") || s.through("runtime.closechan"):
		return true
	case s.bytes || s.callee().Func != "":
		return false
	case s.access.Write:
		return true
	}
	// A method with a value receiver reads all that its receiver points to.
	return len(p.calls(s.frame, s.scope, "")) == 0
}
