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
	a, b := c.first.origin(), c.second.origin()
	switch {
	case a.phrase == "" && b.phrase == "":
		return nil
	case a.start.Line > 0 && a.start == b.start:
		return []string{fmt.Sprintf("Both goroutines were started at %s: %s, and they run at the same time.",
			c.src.quote(a.start), c.src.howOften(a.start))}
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

func (s *site) origin() origin {
	a := s.access
	if a.Goroutine == "main goroutine" {
		return origin{phrase: "is the main goroutine"}
	}
	if start, ok := s.startedAt(); ok {
		return origin{start: start, phrase: "was started at " + s.src.quote(start)}
	}
	if i := s.src.own.Innermost(a.Created); i >= 0 {
		return origin{phrase: "was started in " + s.src.functionName(a.Created[i])}
	}
	name := testName(slices.Concat(a.Stack, a.Created))
	if name == "TestMain" { // which is the student's no more than what it calls
		return origin{phrase: "was started by the checks"}
	}
	if name != "" {
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

// quote is a position with its text: append.go:22, `go s.handle(conn)`.
func (src *source) quote(f stacks.Frame) string {
	if text := src.text(f); text != "" {
		return fmt.Sprintf("%s, `%s`", f, short(text))
	}
	return f.String()
}

// howOften says how one line could start both goroutines.
func (src *source) howOften(f stacks.Frame) string {
	often := "that line has run more than once"
	if body(src.scope(f)) == nil {
		return often
	}
	inspect(body(src.scope(f)), func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			if src.covers(n, f.Line) {
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
