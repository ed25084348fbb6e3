package race

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// An origin is where a goroutine comes from.
type origin struct {
	start  stacks.Frame // the student's line that started it, zero if there is none
	phrase string       // what to say of the goroutine, empty if nothing is known
}

// origins says in one or two sentences which goroutines collide.
func (c *collision) origins() []string {
	a, b := c.origin(c.now), c.origin(c.before)
	if a.start.File != "" && a.start == b.start {
		return []string{fmt.Sprintf("Both goroutines were started at %s: %s, and they run at the same time.",
			c.quote(a.start), c.howOften(a.start))}
	}
	switch {
	case a.phrase == "" && b.phrase == "":
		return nil
	case a.phrase == b.phrase && strings.HasPrefix(a.phrase, "belongs"):
		return []string{"Both goroutines " + strings.Replace(a.phrase, "belongs", "belong", 1) + "."}
	}
	nowName, beforeName := "The goroutine at "+c.at(c.now), "the one at "+c.at(c.before)
	if c.at(c.now) == c.at(c.before) {
		nowName, beforeName = "One goroutine", "the other"
	}
	var said []string
	if a.phrase != "" {
		said = append(said, nowName+" "+a.phrase)
	}
	if b.phrase != "" {
		if len(said) == 0 {
			beforeName = strings.Replace(beforeName, "the ", "The ", 1)
		}
		said = append(said, beforeName+" "+b.phrase)
	}
	return []string{strings.Join(said, "; ") + "."}
}

func (c *collision) origin(s *site) origin {
	a := s.access
	if a.Goroutine == "main goroutine" {
		return origin{phrase: "is the main goroutine"}
	}
	start, ok := c.startedAt(s)
	if ok {
		return origin{start: start, phrase: "was started at " + c.quote(start)}
	}
	if name := testName(slices.Concat(a.Stack, a.Created)); name != "" {
		return origin{phrase: "belongs to the test, " + name}
	}
	if len(a.Created) > 0 {
		f := foreign(a.Created)
		return origin{phrase: fmt.Sprintf("was started by %s (%s), which is not your code", apiName(f), f)}
	}
	return origin{}
}

// startedAt is the student's line with the go statement, or the call like wg.Go.
func (c *collision) startedAt(s *site) (stacks.Frame, bool) {
	a := s.access
	if i := firstOwn(a.Created, c.own); i >= 0 && !slices.ContainsFunc(a.Created[:i], notStarter) {
		return a.Created[i], true
	}
	// Functions that the compiler has inlined may be missing. If the goroutine began in a function
	// literal, the source says what was done with it.
	if len(a.Stack) == 0 || s.scope == nil || a.Stack[len(a.Stack)-1] != s.frame {
		return stacks.Frame{}, false
	}
	lit, ok := s.scope.(*ast.FuncLit)
	if !ok {
		return stacks.Frame{}, false
	}
	line := 0
	ast.Inspect(c.decl(s.frame), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			if n.Call.Fun == lit {
				line = c.line(n.Go)
			}
		case *ast.CallExpr:
			if calledName(n) == "Go" && slices.Contains(n.Args, ast.Expr(lit)) {
				line = c.line(n.Pos())
			}
		}
		return line == 0
	})
	start := stacks.Frame{Func: literalName.ReplaceAllString(s.frame.Func, ""), File: s.frame.File, Line: line}
	return start, line > 0
}

// notStarter tells whether a function starts goroutines of its own accord, and not because that is
// what it is called for, like WaitGroup.Go.
func notStarter(f stacks.Frame) bool { return lastName(f) != "Go" }

// testName is the test that frames belong to: TestOnline for TestOnline.func1.
func testName(frames []stacks.Frame) string {
	for _, f := range frames {
		name, _, _ := strings.Cut(f.Name(), ".")
		if isTest(f) && (strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Benchmark") || strings.HasPrefix(name, "Fuzz")) {
			return name
		}
	}
	return ""
}

// quote is a position with its text: append.go:22, `go s.handle(conn)`.
func (c *collision) quote(f stacks.Frame) string {
	if text := c.text(f); text != "" {
		return fmt.Sprintf("%s, `%s`", f, short(text))
	}
	return f.String()
}

// howOften says how one line could start both goroutines.
func (c *collision) howOften(f stacks.Frame) string {
	often := "that line has run more than once"
	if body(c.scope(f)) == nil {
		return often
	}
	inspect(body(c.scope(f)), func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			if c.covers(n, f.Line) {
				often = "one for each turn of the loop"
				if hasCall(n, "Accept") {
					often = "one for each connection"
				}
			}
		}
		return true
	})
	return often
}

func hasCall(n ast.Node, name string) bool {
	found := false
	inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && calledName(call) == name
		return true
	})
	return found
}
