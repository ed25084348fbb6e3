package explain

import (
	"go/ast"
	"go/types"

	"lockstep/harness/race"
)

// A kind decides how a race is spoken of, and what mends it.
type kind int

const (
	memory    kind = iota // a variable, a field, an element
	mapInside             // the inside of a map
	library               // the inside of a type from the standard library
	byteRange             // bytes that two slices share
	atomicMix             // one side is atomic
	waitGroup             // Add against Wait
	closing               // close of a channel against a send
)

// A collision is two racing sites and what has been found out about them.
type collision struct {
	*program
	kind          kind
	first, second *site // in the order of the student's files, not of time
	subject       subject
	owner         *types.TypeName // the struct that has the subject as a field, nil if there is none
}

func collide(r race.Report, p *program) *collision {
	c := &collision{program: p, first: p.locate(r.Now), second: p.locate(r.Before)}
	p.reveal(c.first, c.second)
	if c.second.stands(c.first) { // which of them came first is chance
		c.first, c.second = c.second, c.first
	}
	c.subject = p.subject(c.first, c.second)
	c.kind = c.classify()
	switch c.kind {
	case byteRange:
		c.subject = subject{exprs: p.byteSlices(c.first), other: p.byteSlices(c.second)[0]}
	case waitGroup:
		c.subject = p.counted(c.first, c.second)
	}
	c.owner = p.ownerOf(c.expr())
	return c
}

// expr is what the race is about if that is certain, else nil.
func (c *collision) expr() ast.Expr {
	if len(c.subject.exprs) != 1 {
		return nil
	}
	return c.subject.exprs[0]
}

func (c *collision) classify() kind {
	a, b := c.first, c.second
	switch {
	case a.through("runtime.closechan") || b.through("runtime.closechan"):
		return closing
	case a.hidden == "sync" && b.hidden == "sync":
		return waitGroup
	case a.access.Atomic != b.access.Atomic && len(a.access.Stack) > 0 && len(b.access.Stack) > 0:
		return atomicMix
	case a.through("runtime.map") || b.through("runtime.map") || c.isMapElement(c.expr()):
		return mapInside
	case unsafeType(a) != "" && unsafeType(a) == unsafeType(b) && !c.isBytes(c.expr()):
		return library
	case c.expr() == nil && len(c.byteSlices(a)) == 1 && len(c.byteSlices(b)) == 1:
		return byteRange
	}
	return memory
}

func (c *collision) isMapElement(e ast.Expr) bool {
	x := elementOf(e)
	if x == nil {
		return false
	}
	t := c.typeOf(x)
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// unsafeTypes are those that a student is tempted to share and that do nothing to allow it: of the
// standard library, and what stands for one of them in the checks.
var unsafeTypes = map[string]bool{
	"bufio.ReadWriter": true, "bufio.Reader": true, "bufio.Scanner": true, "bufio.Writer": true,
	"bytes.Buffer": true, "bytes.Reader": true, "container/list.List": true,
	"encoding/csv.Writer": true, "encoding/gob.Encoder": true, "encoding/json.Decoder": true,
	"encoding/json.Encoder": true, "math/rand.Rand": true, "math/rand/v2.Rand": true,
	"strings.Builder": true, "strings.Reader": true, "text/tabwriter.Writer": true,
	"lockstep/harness/labtest.Screen": true,
}

// unsafeType names the innermost such type whose method a site was in, if any.
func unsafeType(s *site) string {
	for _, f := range s.via {
		if t := typeName(f); unsafeTypes[packageOf(f)+"."+t] {
			return packageName(f) + "." + t
		}
	}
	return ""
}

// byteSlices lists the slices of bytes that a line hands to what it calls, where that is what the
// detector saw.
func (p *program) byteSlices(s *site) []ast.Expr {
	if len(s.access.Stack) == 0 || !s.movesBytes() {
		return nil
	}
	var found []ast.Expr
	for _, c := range p.candidates(s) {
		if p.isBytes(c.expr) {
			found = append(found, c.expr)
		}
	}
	return found
}

// counted is the WaitGroup that two revealed sites use.
func (p *program) counted(now, before *site) subject {
	if now.call == nil || before.call == nil || p.sameMemory(p.target(now.call), p.target(before.call)) == nil {
		return subject{}
	}
	return subject{exprs: []ast.Expr{p.target(now.call)}}
}

// ownerOf is the struct type that an expression is a field of, or an element of such a field.
func (p *program) ownerOf(e ast.Expr) *types.TypeName {
	if e == nil {
		return nil
	}
	field, ok := p.identity(e).obj.(*types.Var)
	if !ok || !field.IsField() {
		return nil
	}
	for _, obj := range p.info.Defs {
		name, ok := obj.(*types.TypeName)
		if !ok {
			continue
		}
		s, ok := name.Type().Underlying().(*types.Struct)
		for i := 0; ok && i < s.NumFields(); i++ {
			if s.Field(i) == field {
				return name
			}
		}
	}
	return nil
}
