package explain

import (
	"go/ast"
	"go/types"
	"iter"
	"regexp"

	"lockstep/harness/race"
)

// A kind decides how a race is spoken of, and what mends it.
type kind int

const (
	memory    kind = iota // a variable, a field, an element
	mapInside             // the inside of a map
	library               // the inside of a type from the standard library
	byteRange             // bytes that two slices share
	atomicMix             // one of the two is atomic
	waitGroup             // Add against Wait
	closing               // close of a channel against a send
)

// A collision is two racing sites and what has been found out about them.
type collision struct {
	src           *source
	kind          kind
	first, second *site // in the order of the student's files, not of time
	subject       subject
	owner         *types.TypeName // the struct that has the subject as a field, nil if there is none
}

func collide(r race.Report, src *source) *collision {
	c := &collision{src: src, first: src.locate(r.Now), second: src.locate(r.Before)}
	reveal(c.first, c.second)
	if c.second.stands(c.first) { // which of them came first is chance
		c.first, c.second = c.second, c.first
	}
	c.subject = subjectOf(c.first, c.second)
	c.kind = c.classify()
	switch c.kind {
	case byteRange:
		c.subject = subject{exprs: c.first.byteSlices(), other: c.second.byteSlices()[0]}
	case waitGroup:
		c.subject = counted(c.first, c.second)
	}
	c.owner = src.ownerOf(c.expr())
	for _, s := range c.sites() {
		s.held, s.freed = s.locks()
	}
	return c
}

// expr is what the race is about if that is certain, else nil.
func (c *collision) expr() ast.Expr {
	if len(c.subject.exprs) != 1 {
		return nil
	}
	return c.subject.exprs[0]
}

func (c *collision) sites() []*site { return []*site{c.first, c.second} }

// bothWays goes through the two sites with the other one beside it, the first one first.
func (c *collision) bothWays() iter.Seq2[*site, *site] {
	return func(yield func(s, other *site) bool) {
		_ = yield(c.first, c.second) && yield(c.second, c.first)
	}
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
	case a.through("runtime.map") || b.through("runtime.map") || c.src.isMapElement(c.expr()):
		return mapInside
	case unsafeType(a) != "" && unsafeType(a) == unsafeType(b) && !c.src.isBytes(c.expr()):
		return library
	case c.expr() == nil && len(a.byteSlices()) == 1 && len(b.byteSlices()) == 1:
		return byteRange
	}
	return memory
}

// unsafeTypes are those of the standard library that a student is tempted to share and that do nothing to allow it.
var unsafeTypes = map[string]bool{
	"bufio.ReadWriter": true, "bufio.Reader": true, "bufio.Scanner": true, "bufio.Writer": true,
	"bytes.Buffer": true, "bytes.Reader": true, "container/list.List": true,
	"encoding/csv.Writer": true, "encoding/gob.Encoder": true, "encoding/json.Decoder": true,
	"encoding/json.Encoder": true, "math/rand.Rand": true, "math/rand/v2.Rand": true,
	"strings.Builder": true, "strings.Reader": true, "text/tabwriter.Writer": true,
}

// ofChecks finds what stands for one of them in the checks of a lab, in a package below the lab's.
var ofChecks = regexp.MustCompile(`^lockstep/labs/\d\d/`)

// unsafeType names the innermost such type whose method a site was in, if any.
func unsafeType(s *site) string {
	for _, f := range s.via {
		if t := typeName(f); unsafeTypes[packageOf(f)+"."+t] || t != "" && ofChecks.MatchString(packageOf(f)) {
			return packageName(f) + "." + t
		}
	}
	return ""
}
