package watch

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"

	"lockstep/harness/stacks"
)

// places are the program counters of a call of Lock and of its caller. The caller counts where a
// function of the standard library calls Lock for the student, as sync.Cond does.
type places [2]uintptr

// frame is where the student's file calls.
func (p places) frame() stacks.Frame {
	frames := runtime.CallersFrames(p[:])
	var first stacks.Frame
	for i := range p {
		f, more := frames.Next()
		frame := stacks.Frame{Func: f.Function, File: f.File, Line: f.Line}
		if !strings.HasPrefix(f.Function, "sync.") && !strings.Contains(f.Function, "/perturb/sync.") {
			return frame
		}
		if i == 0 {
			first = frame
		}
		if !more {
			break
		}
	}
	return first
}

// packageOf returns the import path in the name of a function: lockstep/labs/04.(*Server).handle.
func packageOf(function string) string {
	slash := strings.LastIndex(function, "/") + 1
	name, _, _ := strings.Cut(function[slash:], ".")
	return function[:slash] + name
}

// names calls locks by the expressions in the source that lock them, where it can be read.
type names struct {
	given map[uint64]string
	count map[string]int
}

func newNames() *names { return &names{map[uint64]string{}, map[string]int{}} }

var lockCall = regexp.MustCompile(`([\w.]+(?:\[[^\]]*\][\w.]*)?)\.(?:Try)?R?Lock\(\)`)

// of returns the name of a lock that is locked at a place.
func (n *names) of(lock uint64, at stacks.Frame) string {
	if name, ok := n.given[lock]; ok {
		return name
	}
	name := "a lock"
	if m := lockCall.FindStringSubmatch(line(at)); m != nil {
		name = m[1]
	}
	n.count[name]++
	if c := n.count[name]; c > 1 {
		name = fmt.Sprintf("%s (the %s)", name, ordinal(c))
	}
	n.given[lock] = name
	return name
}

func ordinal(n int) string {
	if n == 2 {
		return "second"
	}
	return fmt.Sprintf("%dth", n)
}

// line is the text at a place, "" if that cannot be read.
func line(at stacks.Frame) string {
	text, err := os.ReadFile(at.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return lines[at.Line-1]
}
