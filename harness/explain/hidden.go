package explain

import (
	"go/ast"
	"slices"

	"lockstep/harness/stacks"
)

// The packages sync and sync/atomic do not tell the detector when their functions are entered. An
// access in there is printed with the callers of the function that called them: the line that
// matters is missing. It is searched for in the source, from two sides: it must be a call that
// fits, and where it is, the frame outside of it must have led.

// reveal completes the sites of calls into sync and sync/atomic.
func reveal(now, before *site) {
	for _, pair := range [][2]*site{{now, before}, {before, now}} {
		s, other := pair[0], pair[1]
		if s.hidden == "" {
			continue
		}
		found := s.search(s.hiddenCalls(other))
		s.frame, s.scope = stacks.Frame{}, nil
		for _, c := range found {
			s.call = c.call
			s.either = append(s.either, c.frame.Line)
			s.frame.File = c.frame.File
		}
		if len(found) == 1 {
			s.frame, s.scope, s.either = found[0].frame, found[0].scope, nil
		}
	}
}

// hiddenCalls lists the calls in the student's files that may be a hidden one.
func (s *site) hiddenCalls(other *site) []place {
	fits := s.fitting()
	all := s.src.places(fits)
	var on []identity
	if other.hidden == "" {
		for _, c := range other.candidates() {
			on = append(on, s.src.identity(c.expr))
		}
	} else {
		for _, c := range s.src.places(other.fitting()) {
			on = append(on, s.src.identity(s.src.target(c.call)))
		}
	}
	same := slices.DeleteFunc(slices.Clone(all), func(c place) bool {
		return !slices.Contains(on, s.src.identity(s.src.target(c.call)))
	})
	if len(same) > 0 || s.hidden == "sync" && other.hidden != "sync" {
		return same
	}
	return all
}

// fitting tells which calls do what the detector saw.
func (s *site) fitting() func(*ast.CallExpr) bool {
	if s.hidden == "sync" {
		// Only WaitGroup announces reads and writes: Add reads, Wait writes.
		return func(call *ast.CallExpr) bool {
			x := receiver(call)
			if x == nil || s.src.isPackage(x) {
				return false
			}
			switch calledName(call) {
			case "Add", "Go":
				return !s.access.Write && len(call.Args) == 1
			case "Wait":
				return s.access.Write && len(call.Args) == 0
			}
			return false
		}
	}
	name := lastName(s.access.Stack[0])
	return func(call *ast.CallExpr) bool {
		x := receiver(call)
		return x != nil && s.src.isPackage(x) && calledName(call) == name && len(call.Args) > 0
	}
}

// search keeps the calls that the frame outside of the hidden one can have led to.
func (s *site) search(calls []place) []place {
	outside, ok := s.frame, s.known()
	if i := s.src.own.Innermost(s.access.Created); !ok && len(s.via) == 0 && i >= 0 {
		outside, ok = s.access.Created[i], true // nothing but the goroutine's own function
	}
	if !ok {
		return calls
	}
	on := slices.DeleteFunc(slices.Clone(calls), func(c place) bool {
		return c.frame.File != outside.File || c.frame.Line != outside.Line
	})
	if len(on) > 0 {
		return on
	}
	called := map[string]bool{}
	for _, call := range s.src.calls(outside, s.src.scope(outside), "") {
		called[calledName(call)] = true
	}
	in := slices.DeleteFunc(slices.Clone(calls), func(c place) bool {
		if lit, ok := c.scope.(*ast.FuncLit); ok && s.src.covers(lit, outside.Line) {
			return false // go func() { ... }() begins on that line
		}
		return !called[lastName(stacks.Frame{Func: literalName.ReplaceAllString(c.frame.Func, "")})]
	})
	if len(in) > 0 {
		return in
	}
	return calls
}
