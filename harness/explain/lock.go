package explain

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// A lock is a Lock or RLock call that stands before a line, in the same function or in one that has
// called it.
type lock struct {
	expr  ast.Expr     // s.mu
	at    stacks.Frame // the call of Lock
	read  bool         // RLock
	freed int          // the line of the Unlock that came before the line in question, 0 if it is held
}

func (l lock) String() string {
	if l.read {
		return types.ExprString(l.expr) + ".RLock()"
	}
	return types.ExprString(l.expr) + ".Lock()"
}

// locks lists the locks that are certainly held at a site, and those that certainly were and have
// been given back. What depends on a condition is in neither.
func (s *site) locks() (held, freed []lock) {
	undone := map[identity]bool{} // unlocked by an inner function
	for i, f := range s.callers() {
		scope := s.scope
		if i > 0 {
			scope = s.src.scope(f)
		}
		w := &lockWalk{source: s.src, frame: f, locks: map[string]lock{}}
		w.block(body(scope).List)
		for _, name := range slices.Sorted(maps.Keys(w.locks)) {
			l := w.locks[name]
			switch {
			case l.freed > 0 && i == 0:
				freed = append(freed, l)
			case l.freed == 0 && !undone[s.src.identity(l.expr)]:
				held = append(held, l)
			}
		}
		for _, x := range w.foreign {
			undone[s.src.identity(x)] = true
		}
	}
	return held, freed
}

// callers lists a site's line and, outwards, the lines that led to it in the same goroutine. A
// function that go or defer has called is the last: others may have the locks when it runs.
func (s *site) callers() []stacks.Frame {
	frames := []stacks.Frame{s.frame}
	if i := slices.Index(s.access.Stack, s.frame); i >= 0 {
		frames = s.access.Stack[i:]
	}
	for i, f := range frames {
		if wrapperName.MatchString(f.Name()) || !s.src.own.Has(f) || i > 0 && body(s.src.scope(f)) == nil || body(s.scope) == nil {
			return frames[:i]
		}
	}
	return frames
}

// A lockWalk goes from the beginning of a function to a line.
type lockWalk struct {
	*source
	frame   stacks.Frame
	locks   map[string]lock // by the text of the mutex
	foreign []ast.Expr      // unlocked here, and not locked here before
}

// covered tells whether a node has a part on the line.
func (w *lockWalk) covered(n ast.Node) bool { return w.covers(n, w.frame.Line) }

// block goes through statements and into the one that has the line.
func (w *lockWalk) block(list []ast.Stmt) {
	for i, stmt := range list {
		if w.covered(stmt) {
			if i+1 < len(list) && w.covered(list[i+1]) {
				w.beside(stmt)
				continue
			}
			w.enter(stmt)
			return
		}
		if w.line(stmt.Pos()) > w.frame.Line {
			return
		}
		w.pass(stmt)
	}
}

// beside is for a statement with another one behind it on the line: which of them is meant is not
// known, but it is not a call of Lock.
func (w *lockWalk) beside(stmt ast.Stmt) {
	if expr, ok := stmt.(*ast.ExprStmt); ok {
		if _, method := mutexCall(expr.X); strings.HasSuffix(method, "Lock") {
			w.pass(stmt)
		}
	}
	for name := range w.unlocked(stmt) {
		delete(w.locks, name)
	}
}

// enter goes into the statement that has the line.
func (w *lockWalk) enter(stmt ast.Stmt) {
	switch stmt.(type) {
	case *ast.ForStmt, *ast.RangeStmt:
		// An earlier turn of the loop may have unlocked.
		for name := range w.unlocked(stmt) {
			delete(w.locks, name)
		}
	}
	inspect(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			// The line of "} else if s.log == nil {" is not in the block that ends there.
			end := w.line(n.Rbrace)
			if w.covered(n) && (w.frame.Line < end || w.line(n.Lbrace) == end) {
				w.block(n.List)
			}
			return false
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			w.clauses(n)
			return false
		}
		return true
	})
}

// clauses goes into the clause of a switch or select that has the line.
func (w *lockWalk) clauses(n ast.Node) {
	inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CaseClause:
			if w.covered(n) {
				w.block(n.Body)
			}
			return false
		case *ast.CommClause:
			if w.covered(n) {
				w.block(n.Body)
			}
			return false
		}
		return true
	})
}

// pass notes what a statement before the line does to locks.
func (w *lockWalk) pass(stmt ast.Stmt) {
	if _, ok := stmt.(*ast.DeferStmt); ok {
		return // runs when the function returns
	}
	if expr, ok := stmt.(*ast.ExprStmt); ok {
		if x, method := mutexCall(expr.X); x != nil {
			name := types.ExprString(x)
			at := w.frame
			at.Line = w.line(stmt.Pos())
			switch method {
			case "Lock", "RLock":
				w.locks[name] = lock{expr: x, at: at, read: method == "RLock"}
			case "Unlock", "RUnlock":
				if l, ok := w.locks[name]; ok {
					l.freed = at.Line
					w.locks[name] = l
				} else {
					w.foreign = append(w.foreign, x)
				}
			}
			return
		}
	}
	if leaves(stmt) {
		return // who unlocks in there does not come to the line
	}
	for name := range w.unlocked(stmt) {
		delete(w.locks, name)
	}
}

// unlocked is the set of locks that a statement gives back somewhere inside, or in a function of the
// student's that it calls.
func (w *lockWalk) unlocked(stmt ast.Stmt) map[string]bool {
	found := map[string]bool{}
	inspect(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt, *ast.GoStmt:
			return false
		case *ast.CallExpr:
			if x, method := mutexCall(n); x != nil && strings.HasSuffix(method, "nlock") {
				found[types.ExprString(x)] = true
				return true
			}
			for name, l := range w.locks {
				if w.unlocks(n, l) {
					found[name] = true
				}
			}
		}
		return true
	})
	return found
}

// unlocks tells whether a call is one of a function that unlocks the mutex of l.
func (w *lockWalk) unlocks(call *ast.CallExpr, l lock) bool {
	found := false
	for _, unlock := range w.places(func(c *ast.CallExpr) bool {
		x, method := mutexCall(c)
		return x != nil && strings.HasSuffix(method, "nlock") && w.sameMemory(x, l.expr) != nil
	}) {
		decl := w.decl(unlock.frame)
		found = found || decl != nil && w.callsTo(call, decl)
	}
	return found
}

// mutexCall takes a call like s.mu.Lock() apart, nil if e is no such call.
func mutexCall(e ast.Expr) (x ast.Expr, method string) {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || len(call.Args) != 0 {
		return nil, ""
	}
	switch name := calledName(call); name {
	case "Lock", "RLock", "Unlock", "RUnlock":
		return receiver(call), name
	}
	return nil, ""
}

// leaves tells whether a statement is an if without else whose block ends by leaving.
func leaves(stmt ast.Stmt) bool {
	branch, ok := stmt.(*ast.IfStmt)
	if !ok || branch.Else != nil || len(branch.Body.List) == 0 {
		return false
	}
	switch last := branch.Body.List[len(branch.Body.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	case *ast.ExprStmt:
		call, ok := last.X.(*ast.CallExpr)
		return ok && calledName(call) == "panic"
	}
	return false
}

// isMutex tells whether a variable or field is declared as a mutex, not as a pointer to one.
func (ns *names) isMutex(v *types.Var) bool {
	t := ns.declared[v.Pos()]
	return t == "sync.Mutex" || t == "sync.RWMutex"
}

// isOwnMutex tells whether an expression is a mutex variable, or a mutex field of a variable.
func (ns *names) isOwnMutex(e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, ok := ns.object(x).(*types.Var)
		return ok && ns.isMutex(v)
	case *ast.SelectorExpr:
		v, ok := ns.object(x.Sel).(*types.Var)
		_, direct := ast.Unparen(x.X).(*ast.Ident)
		return ok && direct && ns.isMutex(v)
	}
	return false
}
