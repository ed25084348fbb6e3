package explain

import (
	"go/ast"
	"strings"

	"lockstep/harness/race"
	"lockstep/harness/stacks"
)

// A site is where one access touches the student's code.
type site struct {
	src    *source
	access race.Access
	frame  stacks.Frame   // the student's line; zero if the stack has none
	via    []stacks.Frame // what that line called to get at the memory, innermost first
	bytes  bool           // a function that moves bytes told the detector of them
	hidden string         // "sync" or "sync/atomic" if the detector cannot show who called it
	call   *ast.CallExpr  // the hidden call, if it could be found
	either []int          // the lines that it may be on, if there are several
	scope  ast.Node       // the function around the line, nil if the source is not known

	held, freed []lock // those that it has in sight, see locks
}

func (s *site) known() bool { return s.frame.Line > 0 }

// locate finds the student's line in an access.
func (src *source) locate(a race.Access) *site {
	s := &site{src: src, access: a}
	stack := a.Stack
	switch {
	case a.Atomic && len(stack) > 0:
		s.hidden = "sync/atomic"
	case len(stack) > 0 && strings.HasPrefix(stack[0].Func, "runtime.race"):
		// Not an access but the announcement of one, by a package that is not instrumented.
		s.bytes = strings.HasSuffix(stack[0].Func, "range")
		if stack = stack[1:]; !s.bytes && (len(stack) == 0 || !strings.HasPrefix(stack[0].Func, "iter.")) {
			s.hidden = "sync"
		}
	}
	if i := src.own.Innermost(stack); i >= 0 {
		s.frame, s.via = stack[i], stack[:i]
	} else {
		s.via = stack
	}
	s.scope = src.scope(s.frame)
	return s
}

// stands tells whether the site is in front of another one in the student's files.
// On one line, a read stands in front; others' lines come last.
func (s *site) stands(before *site) bool {
	if s.known() != before.known() {
		return s.known()
	}
	if order := s.frame.Compare(before.frame); order != 0 {
		return order < 0
	}
	return !s.access.Write && before.access.Write
}

// isForeign tells whether the access is in code that is not the student's. The detector does not
// always show whose code it is.
func (s *site) isForeign() bool { return !s.known() && s.hidden == "" }

// movesBytes tells whether it was the bytes of a slice that were read or written, by the part of the
// language or of the library that does nothing else.
func (s *site) movesBytes() bool {
	if s.bytes {
		return true
	}
	switch s.access.Stack[0].Func {
	case "runtime.slicecopy", "runtime.slicebytetostring", "runtime.memmove":
		return true
	}
	return false
}

// callee is the function that the line called to get at the memory, zero if it used it itself.
func (s *site) callee() stacks.Frame {
	if len(s.via) == 0 {
		return stacks.Frame{}
	}
	return s.via[len(s.via)-1]
}

// through tells whether a line got at the memory through a function whose name begins so.
func (s *site) through(prefix string) bool { return strings.HasPrefix(s.callee().Func, prefix) }

// lastName is the function or method alone: Write for bytes.(*Buffer).Write.
func lastName(f stacks.Frame) string {
	name := strings.TrimSuffix(wrapperName.ReplaceAllString(f.Name(), ""), "[...]")
	return name[strings.LastIndex(name, ".")+1:]
}
