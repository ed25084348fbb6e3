package explain

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"lockstep/harness/stacks"
)

// A captured is a local variable that function literals use from around them.
type captured struct {
	obj      types.Object
	name     string
	declared int // its line
}

// captured is the subject if it is one, nil otherwise.
func (c *collision) captured() *captured {
	id, ok := c.expr().(*ast.Ident)
	if !ok || c.kind == library {
		return nil
	}
	obj := c.src.object(id)
	if !c.src.isLocal(obj) {
		return nil
	}
	for _, s := range c.sites() {
		if lit, ok := s.scope.(*ast.FuncLit); ok && c.src.captures(lit, obj) {
			return &captured{obj: obj, name: id.Name, declared: c.src.line(obj.Pos())}
		}
	}
	return nil
}

// startedFrom tells whether a site's goroutine was started by the very function that the other site is in, and where.
func startedFrom(started, starter *site) (start stacks.Frame, ok bool) {
	start, ok = started.startedAt()
	return start, ok && starter.scope != nil && starter.src.scope(start) == starter.scope
}

// loopVariable is for a variable of a loop that starts goroutines, given a new value in each turn.
func loopVariable(c *collision) []string {
	v := c.captured()
	if v == nil {
		return nil
	}
	for starter, started := range c.bothWays() {
		start, ok := startedFrom(started, starter)
		if !ok {
			continue
		}
		loop := c.src.loop(starter.scope, starter.frame.Line, start.Line)
		inside := loop != nil && c.src.covers(loop, v.declared)
		if started.access.Write && c.update(started) == "" && c.src.gives(loop, v.obj) && (!inside || hasCall(loop, "Accept")) {
			whose, turn := "one for all turns of the loop", "of an earlier turn"
			if inside {
				whose, turn = "the loop's, a new one in each turn", "that this turn starts"
			}
			return []string{
				fmt.Sprintf("%s, declared at line %d, is %s: %s uses it, and %s assigns to it from the goroutine %s.",
					v.name, v.declared, whose, starter.frame, started.frame, turn),
				v.own() + " A lock would not help: the loop would still find a value that is not its own.",
			}
		}
		if loop == nil || !starter.access.Write || inside {
			continue
		}
		return []string{
			fmt.Sprintf("%s is declared at line %d, outside of the loop: %s gives it a new value while the goroutine of an earlier turn still uses it.", v.name, v.declared, starter.frame),
			fmt.Sprintf("What is missing: a variable for each turn. Declare %s inside of the loop (with :=), or hand its value over as an argument.", v.name),
		}
	}
	return nil
}

// notAwaited is for a function that has started a goroutine and goes on to use a variable that the goroutine uses too.
func notAwaited(c *collision) []string {
	if c.captured() == nil {
		return nil
	}
	for starter, started := range c.bothWays() {
		start, ok := startedFrom(started, starter)
		if !ok || starter.frame.Line < start.Line {
			continue
		}
		return []string{
			fmt.Sprintf("Nothing makes %s wait for the goroutine that %s starts: which comes first is luck.", starter.frame, start),
			fmt.Sprintf("What is missing: wait for that goroutine before %s. Receive its result over a channel, or use a sync.WaitGroup: what happens before Done happens before Wait returns.", starter.frame),
		}
	}
	return nil
}

// oneForAllTurns is for a variable that the goroutines of one go statement share.
func oneForAllTurns(c *collision) []string {
	v := c.captured()
	a, b := c.first.origin(), c.second.origin()
	if v == nil || a.start.Line == 0 || a.start != b.start {
		return nil
	}
	if c.src.gives(c.src.loop(c.src.scope(a.start), a.start.Line, a.start.Line), v.obj) {
		return []string{v.shared(), v.own()}
	}
	return []string{
		v.shared(),
		fmt.Sprintf("What is missing: a variable for each goroutine. Declare %s inside of the loop or the literal (with :=), or hand its value over as an argument. If they are to share one, a lock.", v.name),
	}
}

// outerVariable is for a variable that goroutines of several go statements share.
func outerVariable(c *collision) []string {
	v := c.captured()
	if v == nil {
		return nil
	}
	return []string{v.shared(), "What is missing: a variable for each goroutine, declared inside of its function literal (with :=). If they are to share one, a lock."}
}

func (v *captured) shared() string {
	return fmt.Sprintf("%s is declared at line %d, outside of the function literal, so that all goroutines share this one variable.", v.name, v.declared)
}

// own is the advice for a literal that has no business with the variable around it.
func (v *captured) own() string {
	return fmt.Sprintf("What is missing: a variable of the goroutine's own. Declare %s anew inside of the function literal (with :=).", v.name)
}

// loop is the innermost loop of a function that has both lines, nil if there is none.
func (src *source) loop(scope ast.Node, a, b int) ast.Node {
	var found ast.Node
	inspect(body(scope), func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			if src.covers(n, a) && src.covers(n, b) {
				found = n
			}
		}
		return true
	})
	return found
}

// gives tells whether a loop gives a variable a new value in each turn.
func (src *source) gives(loop ast.Node, obj types.Object) bool {
	if loop == nil {
		return false
	}
	found := false
	inspect(loop, func(n ast.Node) bool {
		if assign, ok := n.(*ast.AssignStmt); ok && (assign.Tok == token.ASSIGN || assign.Tok == token.DEFINE) {
			for _, left := range assign.Lhs {
				id, ok := left.(*ast.Ident)
				found = found || ok && src.object(id) == obj
			}
		}
		return true
	})
	return found
}
