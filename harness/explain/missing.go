package explain

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// missing says why these two lines collide and what would keep them apart.
func (c *collision) missing() []string {
	a, b := c.first, c.second
	switch {
	case b.access.Goroutine == "":
		return nil
	case len(a.access.Stack) == 0 || len(b.access.Stack) == 0:
		return c.forgotten()
	case a.isForeign() && b.isForeign():
		return c.notYours()
	case a.isForeign() || b.isForeign():
		return c.handedOut()
	case c.kind != waitGroup && (a.hidden == "sync" || b.hidden == "sync"):
		return c.copiedSync()
	}
	switch c.kind {
	case waitGroup:
		return c.countLate()
	case atomicMix:
		return c.halfAtomic()
	case closing:
		return c.closedEarly()
	case byteRange:
		return c.notCopied()
	}
	if said := c.lockTrouble(); said != nil {
		return said
	}
	if said := c.captured(); said != nil && c.kind != library {
		return said
	}
	if c.kind == memory && c.src.isBytes(c.expr()) {
		return append(c.oneBuffer(), c.otherUses()...)
	}
	return slices.Concat(c.why(), []string{c.noLock()}, c.otherUses())
}

// why explains what goes wrong when the two lines meet, where that is not plain to see.
func (c *collision) why() []string {
	if said := c.notSafe(); said != "" {
		return []string{said}
	}
	if check, act, ok := c.checkThenAct(); ok {
		return []string{fmt.Sprintf("%s decides by %s, and %s changes it: in between, another goroutine can come to the same decision.", check, code(c.expr()), act)}
	}
	if whole := c.subject.whole; whole != nil {
		return []string{fmt.Sprintf("A copy of all of %s reads %s too.", code(whole), code(c.expr()))}
	}
	if said := c.updates(c.first); said != "" && c.updates(c.second) != "" {
		return []string{said}
	}
	return nil
}

// notSafe is what to know of a type that is shared, empty if it is nothing special.
func (c *collision) notSafe() string {
	switch c.kind {
	case mapInside:
		return "A map is not safe for concurrent use, not even under different keys: Go may also stop the program with `fatal error: concurrent map writes`."
	case library:
		return fmt.Sprintf("A %s is not safe for concurrent use: every call on it needs the lock, also those that only read.", unsafeType(c.first))
	}
	return ""
}

// checkThenAct finds an if whose condition is at one site and whose body has the other.
func (c *collision) checkThenAct() (check, act stacks.Frame, ok bool) {
	if c.expr() == nil {
		return check, act, false
	}
	for _, pair := range [][2]*site{{c.first, c.second}, {c.second, c.first}} {
		check, act = pair[0].frame, pair[1].frame
		b := body(pair[0].scope)
		if b == nil || pair[0].scope != pair[1].scope || !pair[1].access.Write {
			continue
		}
		inspect(b, func(n ast.Node) bool {
			if branch, isIf := n.(*ast.IfStmt); isIf {
				ok = ok || c.src.covers(branch.Cond, check.Line) && check.Line < act.Line && c.src.covers(branch.Body, act.Line)
			}
			return true
		})
		if ok {
			return check, act, true
		}
	}
	return check, act, false
}

// updates explains x++ and x = append(x, y), which are not one step.
func (c *collision) updates(s *site) string {
	if c.expr() == nil || body(s.scope) == nil {
		return ""
	}
	said := ""
	inspect(body(s.scope), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IncDecStmt:
			if c.src.line(n.TokPos) == s.frame.Line && c.src.sameMemory(n.X, c.expr()) != nil {
				said = fmt.Sprintf("%s%s is three steps: read, change, write back. Of two goroutines that read the same number, one overwrites what the other wrote.", code(n.X), n.Tok)
			}
		case *ast.AssignStmt:
			if c.src.line(n.TokPos) == s.frame.Line && len(n.Lhs) == 1 && c.src.sameMemory(n.Lhs[0], c.expr()) != nil {
				if n.Tok != token.ASSIGN && n.Tok != token.DEFINE {
					said = fmt.Sprintf("%s %s is three steps: read, change, write back. Of two goroutines that read the same value, one overwrites what the other wrote.", code(n.Lhs[0]), n.Tok)
				} else if call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr); ok && calledName(call) == "append" {
					said = fmt.Sprintf("append is three steps: read %s, store behind its end, write it back. Of two goroutines that read the same slice, one overwrites what the other added.", code(n.Lhs[0]))
				}
			}
		}
		return true
	})
	return said
}

// noLock is the advice for two lines without any lock.
func (c *collision) noLock() string {
	where := "a lock around both lines"
	if c.first.known() && c.first.frame == c.second.frame {
		where = "a lock around that line"
	}
	const effect = "Then all that one goroutine does with it happens before the next one's turn."
	return fmt.Sprintf("What is missing: %s. %s %s", where, c.advice(), effect)
}

// advice says which mutex is to guard the subject, and how.
func (c *collision) advice() string {
	name := c.nameOr("what they share")
	lock := func(mutex string) string {
		return fmt.Sprintf("call %s.Lock() before the first use of %s and %s.Unlock() after the last.", mutex, name, mutex)
	}
	if field, owner := c.src.home(c.expr()); owner != nil {
		base := types.ExprString(field.X) + "."
		switch has := c.src.mutexesOf(owner); len(has) {
		case 0:
			return fmt.Sprintf("Give %s a field `mu sync.Mutex`, %s", owner.Name(), lock(base+"mu"))
		case 1:
			return fmt.Sprintf("%s has one, %s: %s", owner.Name(), has[0], lock(base+has[0]))
		default:
			return fmt.Sprintf("%s has %s: choose one for %s, lock it before the first use and unlock it after the last.",
				owner.Name(), strings.Join(has, " and "), name)
		}
	}
	if v, ok := c.src.root(c.expr()).(*types.Var); ok && !c.src.isLocal(v) {
		return fmt.Sprintf("Declare `var mu sync.Mutex` beside %s, %s", v.Name(), lock("mu"))
	}
	return fmt.Sprintf("Keep a sync.Mutex beside %s, lock it before the first use and unlock it after the last.", name)
}
