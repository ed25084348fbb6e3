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
func (s *site) candidates() []candidate {
	all := s.src.operands(s.scope)
	callee := s.callee()
	switch {
	case s.call != nil:
		return []candidate{{expr: s.src.target(s.call)}}
	case s.scope == nil || s.hidden != "":
		return nil
	case callee.Func == "" && s.bytes:
		return s.handed(s.src.calls(s.frame, s.scope, ""))
	case callee.Func == "":
		want := reads
		if s.access.Write {
			want = writes
		}
		var found []candidate
		for _, op := range s.src.on(s.frame, all, want) {
			if s.shareable(op.expr) {
				found = append(found, candidate{expr: op.expr})
			}
		}
		return found
	case strings.HasPrefix(callee.Func, "runtime."):
		return s.builtin(all)
	}
	return s.handed(s.src.calls(s.frame, s.scope, lastName(callee)))
}

// handed lists what a line gives to a function of a library, as receiver or argument. The memory can
// be what any of it leads to. The receiver of a method is the likeliest, unless it was bytes that
// were moved; and what nobody else can know is the least likely.
func (s *site) handed(calls []*ast.CallExpr) []candidate {
	moved := s.movesBytes()
	method := s.callee().Func == "" || typeName(s.callee()) != ""
	var found []candidate
	add := func(e ast.Expr, rank int) {
		if !s.shareable(e) {
			rank += 2
		}
		found = append(found, candidate{expr: e, rank: rank})
	}
	for _, call := range calls {
		// What a connection's own Read or Write is given is all that it tells the detector of.
		told := s.callee().Func == "" && slices.ContainsFunc(call.Args, s.src.isBytes)
		if x := receiver(call); x != nil && method && !told {
			add(x, 0)
		}
		name := calledName(call)
		for _, arg := range call.Args {
			switch {
			case s.src.isScalar(arg):
			case s.src.isBytes(arg):
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

// builtin lists what a line gives to the part of the language that the runtime function stands for.
func (s *site) builtin(all []operand) []candidate {
	name := strings.TrimPrefix(s.callee().Func, "runtime.")
	var found []candidate
	add := func(e ast.Expr) { found = append(found, candidate{expr: e}) }
	args := func(of string, n int) {
		for _, call := range s.src.calls(s.frame, s.scope, of) {
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
		for _, op := range s.src.on(s.frame, all, want) {
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
			if loop, ok := n.(*ast.RangeStmt); ok && s.src.line(loop.For) == s.frame.Line {
				add(loop.X)
			}
		})
	case name == "closechan":
		args("close", 1)
	case strings.HasPrefix(name, "chansend"):
		statements(func(n ast.Node) {
			if send, ok := n.(*ast.SendStmt); ok && s.src.covers(send, s.frame.Line) {
				add(send.Chan)
			}
		})
	case name == "growslice":
		args("append", 1)
	case name == "slicecopy":
		args("copy", 2)
		args("append", 2)
	default:
		for _, op := range s.src.on(s.frame, all, reads|writes|passed) {
			if s.shareable(op.expr) || !s.src.isScalar(op.expr) {
				add(op.expr)
			}
		}
	}
	return found
}

// byteSlices lists the slices of bytes that a line hands to what it calls, where that is what the
// detector saw.
func (s *site) byteSlices() []ast.Expr {
	if len(s.access.Stack) == 0 || !s.movesBytes() {
		return nil
	}
	var found []ast.Expr
	for _, c := range s.candidates() {
		if s.src.isBytes(c.expr) {
			found = append(found, c.expr)
		}
	}
	return found
}

// shareable tells whether a second goroutine can know an expression: a local variable is its
// function's own unless a function literal uses it or its address is taken.
func (s *site) shareable(e ast.Expr) bool {
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
	obj := s.src.object(id)
	return obj == nil || !s.src.isLocal(obj) || s.src.escapes(obj, s.frame)
}

func (src *source) escapes(obj types.Object, f stacks.Frame) bool {
	decl := src.decl(f)
	if decl == nil {
		return true
	}
	found := false
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			found = found || src.captures(n, obj)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && src.root(n.X) == obj
		}
		return !found
	})
	return found
}

// certain tells whether a site's candidates are all that it can be about.
func (s *site) certain() bool {
	switch {
	case s.call != nil || s.through("runtime.map") || s.through("runtime.chan") || s.through("runtime.closechan"):
		return true
	case s.bytes || s.callee().Func != "":
		return false
	case s.access.Write:
		return true
	}
	// A method with a value receiver reads all that its receiver points to.
	return len(s.src.calls(s.frame, s.scope, "")) == 0
}
