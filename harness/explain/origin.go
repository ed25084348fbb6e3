package explain

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
	a, b := c.origin(c.first), c.origin(c.second)
	switch {
	case a.phrase == "" && b.phrase == "":
		return nil
	case a.start.Line > 0 && a.start == b.start:
		return []string{fmt.Sprintf("Both goroutines were started at %s: %s, and they run at the same time.",
			c.quote(a.start), c.howOften(a.start))}
	case a.phrase == b.phrase:
		plural := strings.NewReplacer("was ", "were ", "belongs ", "belong ").Replace(a.phrase)
		return []string{fmt.Sprintf("Both goroutines %s, and they run at the same time.", plural)}
	}
	one, other := "The goroutine at "+c.at(c.first), "the one at "+c.at(c.second)
	if c.at(c.first) == c.at(c.second) {
		one, other = "One goroutine", "the other"
	}
	switch {
	case a.phrase == "":
		return []string{"The goroutine at " + c.at(c.second) + " " + b.phrase + "."}
	case b.phrase == "":
		return []string{"The goroutine at " + c.at(c.first) + " " + a.phrase + "."}
	}
	return []string{fmt.Sprintf("%s %s; %s %s.", one, a.phrase, other, b.phrase)}
}

func (c *collision) origin(s *site) origin {
	a := s.access
	if a.Goroutine == "main goroutine" {
		return origin{phrase: "is the main goroutine"}
	}
	if start, ok := c.startedAt(s); ok {
		return origin{start: start, phrase: "was started at " + c.quote(start)}
	}
	if i := c.own.Innermost(a.Created); i >= 0 {
		return origin{phrase: "was started in " + c.functionName(a.Created[i])}
	}
	if name := testName(slices.Concat(a.Stack, a.Created)); name != "" {
		return origin{phrase: "belongs to the test, " + name}
	}
	if len(a.Created) == 0 {
		return origin{}
	}
	f := foreign(a.Created)
	if isTest(f) {
		return origin{phrase: fmt.Sprintf("was started by the test (%s)", f)}
	}
	return origin{phrase: fmt.Sprintf("was started by %s (%s), which is not your code", apiName(f), f)}
}

// startedAt is the student's line with the go statement, or with the call like wg.Go.
func (c *collision) startedAt(s *site) (stacks.Frame, bool) {
	// The source knows best if the goroutine began in a function literal: where a call like wg.Go
	// has been inlined, the detector gives a wrong line, or none.
	if start, ok := c.literalStart(s); ok {
		return start, true
	}
	created := s.access.Created
	i := c.own.Innermost(created)
	if i < 0 {
		return stacks.Frame{}, false
	}
	if i == 0 {
		return created[0], true
	}
	starter := lastName(created[i-1])
	return created[i], starter == "Go" && len(c.calls(created[i], c.scope(created[i]), starter)) > 0
}

// literalStart finds the statement that runs the function literal in which a goroutine began.
func (c *collision) literalStart(s *site) (stacks.Frame, bool) {
	stack := slices.DeleteFunc(slices.Clone(s.access.Stack), func(f stacks.Frame) bool {
		return lastName(f) == "Go" // WaitGroup.Go runs its function in a literal of its own
	})
	if len(stack) == 0 || !c.own.Has(stack[len(stack)-1]) {
		return stacks.Frame{}, false
	}
	first := stack[len(stack)-1]
	lit, ok := c.scope(first).(*ast.FuncLit)
	if !ok {
		return stacks.Frame{}, false
	}
	line := 0
	ast.Inspect(c.decl(first), func(n ast.Node) bool {
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
	start := stacks.Frame{Func: literalName.ReplaceAllString(first.Func, ""), File: first.File, Line: line}
	return start, line > 0
}

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
