package explain

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"lockstep/harness/stacks"
)

// otherUses lists further lines that use the subject, as far as no lock stands before them.
func (c *collision) otherUses() []string {
	e := c.expr()
	if e == nil {
		return nil
	}
	obj := c.src.identity(e).obj
	if obj == nil {
		return nil
	}
	lines := map[string]map[int]bool{}
	for name, f := range c.src.files {
		lines[name] = map[int]bool{}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				c.usesIn(fn, stacks.Frame{File: name}, obj, lines[name])
			}
		}
		for _, s := range c.sites() {
			if s.frame.File == name {
				delete(lines[name], s.frame.Line)
			}
		}
	}
	var lists []string
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		if len(lines[name]) > 0 {
			lists = append(lists, lineList(stacks.Frame{File: name}, slices.Sorted(maps.Keys(lines[name])), "and"))
		}
	}
	if len(lists) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Other lines that use %s without a lock in sight: %s.", c.nameOr(""), strings.Join(lists, ", "))}
}

// usesIn collects the lines of a function that use a variable and have no lock before them.
func (c *collision) usesIn(scope ast.Node, f stacks.Frame, obj types.Object, lines map[int]bool) {
	for _, op := range c.src.operands(scope) {
		if c.src.identity(op.expr).obj != obj {
			continue
		}
		f.Line = op.line
		if held, _ := (&site{src: c.src, frame: f, scope: scope}).locks(); len(held) == 0 {
			lines[op.line] = true
		}
	}
	ast.Inspect(body(scope), func(n ast.Node) bool {
		lit, ok := n.(*ast.FuncLit)
		if ok {
			c.usesIn(lit, f, obj, lines)
		}
		return !ok
	})
}
