package explain

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// unsafeMap is for the inside of a map.
func unsafeMap(c *collision) []string {
	if c.kind != mapInside {
		return nil
	}
	return append(c.notSafe(), c.guard()...)
}

// unsafeLibrary is for the inside of a type that somebody else has written.
func unsafeLibrary(c *collision) []string {
	if c.kind != library {
		return nil
	}
	return append(c.notSafe(), c.guard()...)
}

// notSafe is what to know of a map, or of a type of the library, that is shared; nil for all else.
func (c *collision) notSafe() []string {
	switch c.kind {
	case mapInside:
		return []string{"A map is not safe for concurrent use, not even under different keys: Go may also stop the program with `fatal error: concurrent map writes`."}
	case library:
		return []string{fmt.Sprintf("A %s is not safe for concurrent use: every call on it needs the lock, also those that only read.", unsafeType(c.first))}
	}
	return nil
}

// checkThenAct is for an if whose condition is at one line and whose body has the other.
func checkThenAct(c *collision) []string {
	if c.expr() == nil {
		return nil
	}
	for check, act := range c.bothWays() {
		if check.scope != act.scope || !act.access.Write || !c.src.decides(check, act) {
			continue
		}
		why := fmt.Sprintf("%s decides by %s, and %s changes it: in between, another goroutine can come to the same decision.", check.frame, code(c.expr()), act.frame)
		return append([]string{why}, c.guard()...)
	}
	return nil
}

// decides tells whether an if has one site in its condition and another, further down, in its body.
func (src *source) decides(check, act *site) bool {
	if check.frame.Line >= act.frame.Line {
		return false
	}
	found := false
	inspect(body(check.scope), func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		found = found || ok && src.covers(branch.Cond, check.frame.Line) && src.covers(branch.Body, act.frame.Line)
		return true
	})
	return found
}

// wholeCopy is for a field against a copy of the struct around it.
func wholeCopy(c *collision) []string {
	if c.subject.whole == nil {
		return nil
	}
	why := fmt.Sprintf("A copy of all of %s reads %s too.", code(c.subject.whole), code(c.expr()))
	return append([]string{why}, c.guard()...)
}

// threeSteps is for x++ and x = append(x, y), which look like one step.
func threeSteps(c *collision) []string {
	why := c.update(c.first)
	if why == "" || c.update(c.second) == "" {
		return nil
	}
	return append([]string{why}, c.guard()...)
}

// update says what a line does to the subject, if it changes what it has read.
func (c *collision) update(s *site) string {
	if c.expr() == nil {
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

// noLock is for everything else.
func noLock(c *collision) []string { return c.guard() }

// guard is the advice for two lines without any lock.
func (c *collision) guard() []string {
	where := "a lock around both lines"
	if c.first.known() && c.first.frame == c.second.frame {
		where = "a lock around that line"
	}
	const effect = "Then all that one goroutine does with it happens before the next one's turn."
	return append([]string{fmt.Sprintf("What is missing: %s. %s %s", where, c.advice(), effect)}, c.otherUses()...)
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
