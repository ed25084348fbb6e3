package race

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// A lock is a Lock or RLock call that stands before a line in the same function.
type lock struct {
	expr  ast.Expr // s.mu
	line  int
	read  bool // RLock
	freed int  // the line of the Unlock that came before the line in question, 0 if it is still held
}

func (l lock) String() string {
	if l.read {
		return types.ExprString(l.expr) + ".RLock()"
	}
	return types.ExprString(l.expr) + ".Lock()"
}

// locks lists the locks that are certainly held at a site, and those that certainly were and have
// been given back. What depends on a condition is in neither.
func (p *program) locks(s *site) (held, freed []lock) {
	b := body(s.scope)
	if b == nil || wrapperName.MatchString(s.frame.Name()) {
		return nil, nil // what go and defer call runs in another goroutine, or later
	}
	w := &lockWalk{program: p, line: s.frame.Line, locks: map[string]lock{}}
	w.block(b.List)
	for _, name := range slices.Sorted(maps.Keys(w.locks)) {
		if l := w.locks[name]; l.freed == 0 {
			held = append(held, l)
		} else {
			freed = append(freed, l)
		}
	}
	return held, freed
}

// A lockWalk goes from the beginning of a function to a line.
type lockWalk struct {
	*program
	line  int
	locks map[string]lock // by the text of the mutex
}

// block goes through statements and into the one that has the line.
func (w *lockWalk) block(list []ast.Stmt) {
	for _, stmt := range list {
		if w.covers(stmt, w.line) {
			w.enter(stmt)
			return
		}
		if w.program.line(stmt.Pos()) > w.line {
			return
		}
		w.pass(stmt)
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
			end := w.program.line(n.Rbrace)
			if w.covers(n, w.line) && (w.line < end || w.program.line(n.Lbrace) == end) {
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
			if w.covers(n, w.line) {
				w.block(n.Body)
			}
			return false
		case *ast.CommClause:
			if w.covers(n, w.line) {
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
			l := lock{expr: x, line: w.program.line(stmt.Pos())}
			switch method {
			case "Lock", "RLock":
				l.read = method == "RLock"
				w.locks[name] = l
			case "Unlock", "RUnlock":
				if old, ok := w.locks[name]; ok {
					old.freed = l.line
					w.locks[name] = old
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

// unlocked is the set of mutexes that a statement unlocks somewhere inside.
func (w *lockWalk) unlocked(stmt ast.Stmt) map[string]bool {
	found := map[string]bool{}
	inspect(stmt, func(n ast.Node) bool {
		if _, ok := n.(*ast.DeferStmt); ok {
			return false
		}
		if e, ok := n.(ast.Expr); ok {
			if x, method := mutexCall(e); x != nil && strings.HasSuffix(method, "nlock") {
				found[types.ExprString(x)] = true
			}
		}
		return true
	})
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
func (p *program) isMutex(v *types.Var) bool {
	t := p.declared[v.Pos()]
	return t == "sync.Mutex" || t == "sync.RWMutex"
}

// isOwnMutex tells whether an expression is a mutex variable, or a mutex field of a variable.
func (p *program) isOwnMutex(e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, ok := p.object(x).(*types.Var)
		return ok && p.isMutex(v)
	case *ast.SelectorExpr:
		v, ok := p.object(x.Sel).(*types.Var)
		_, direct := ast.Unparen(x.X).(*ast.Ident)
		return ok && direct && p.isMutex(v)
	}
	return false
}
