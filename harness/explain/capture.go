package explain

import (
	"fmt"
	"go/ast"
)

// captured explains a local variable that function literals use from around them, nil if the
// subject is nothing of the kind.
func (c *collision) captured() []string {
	id, ok := c.expr().(*ast.Ident)
	if !ok || !c.src.isLocal(c.src.object(id)) || !c.inLiteral(id) {
		return nil
	}
	declared := c.src.line(c.src.object(id).Pos())
	for _, pair := range [][2]*site{{c.first, c.second}, {c.second, c.first}} {
		if said := c.starterAgainst(pair[0], pair[1], id.Name, declared); said != nil {
			return said
		}
	}
	shared := fmt.Sprintf("%s is declared at line %d, outside of the function literal, so that all goroutines share this one variable.", id.Name, declared)
	a, b := c.first.origin(), c.second.origin()
	if a.start.Line > 0 && a.start == b.start {
		return []string{shared, fmt.Sprintf("What is missing: a variable for each goroutine. Declare %s inside of the loop or the literal (with :=), or hand its value over as an argument. If they are to share one, a lock.", id.Name)}
	}
	return []string{shared, "What is missing: a variable for each goroutine, declared inside of its function literal (with :=). If they are to share one, a lock."}
}

// inLiteral tells whether a function literal uses a variable from around it.
func (c *collision) inLiteral(id *ast.Ident) bool {
	found := false
	for _, s := range c.sites() {
		if lit, ok := s.scope.(*ast.FuncLit); ok {
			found = found || c.src.captures(lit, c.src.object(id))
		}
	}
	return found
}

// starterAgainst is for a function that has started a goroutine and goes on to use a variable that
// the goroutine uses too.
func (c *collision) starterAgainst(starter, started *site, name string, declared int) []string {
	start, ok := started.startedAt()
	if !ok || starter.scope == nil || c.src.scope(start) != starter.scope {
		return nil
	}
	switch {
	case starter.access.Write && c.inLoop(starter.scope, starter.frame.Line, start.Line):
		return []string{
			fmt.Sprintf("%s is declared at line %d, outside of the loop: %s gives it a new value while the goroutine of an earlier turn still uses it.", name, declared, starter.frame),
			fmt.Sprintf("What is missing: a variable for each turn. Declare %s inside of the loop (with :=), or hand its value over as an argument.", name),
		}
	case starter.frame.Line >= start.Line:
		return []string{
			fmt.Sprintf("Nothing makes %s wait for the goroutine that %s starts: which comes first is luck.", starter.frame, start),
			fmt.Sprintf("What is missing: wait for that goroutine before %s. Receive its result over a channel, or use a sync.WaitGroup: what happens before Done happens before Wait returns.", starter.frame),
		}
	}
	return nil
}

// inLoop tells whether one loop of a function has both lines.
func (c *collision) inLoop(scope ast.Node, a, b int) bool {
	found := false
	inspect(body(scope), func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			found = found || c.src.covers(n, a) && c.src.covers(n, b)
		}
		return true
	})
	return found
}
