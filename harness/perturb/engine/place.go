package engine

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
	first, more := frames.Next()
	f := first
	for more && isSync(f.Function) {
		f, more = frames.Next()
	}
	if isSync(f.Function) {
		f = first
	}
	return stacks.Frame{Func: f.Function, File: f.File, Line: f.Line}
}

// isSync tells whether a function is one of package sync, the standard library's or the other.
func isSync(function string) bool {
	return strings.HasPrefix(function, "sync.") || strings.HasPrefix(function, "lockstep/harness/perturb/sync.")
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

// of returns the name of a lock that is locked at a place. Two locks have two names.
func (n *names) of(lock uint64, at stacks.Frame) string {
	if name, ok := n.given[lock]; ok {
		return name
	}
	name := "lock"
	if m := lockCall.FindStringSubmatch(line(at)); m != nil {
		name = m[1]
	}
	n.count[name]++
	if c := n.count[name]; c > 1 || name == "lock" {
		name = fmt.Sprintf("%s (%d)", name, c)
	}
	n.given[lock] = name
	return name
}

// quoted are texts by the names of their files, as the compiler knows those.
var quoted = map[string]string{}

// Quote tells how a file reads of whose locks somebody may want to know. Others are looked for on disk. It is called before anything
// else happens in the process.
func Quote(file, text string) { quoted[file] = text }

// line is the text at a place, "" if that cannot be read.
func line(at stacks.Frame) string {
	text, ok := quoted[at.File]
	if !ok {
		data, err := os.ReadFile(at.File)
		if err != nil {
			return ""
		}
		text = string(data)
	}
	lines := strings.Split(text, "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return lines[at.Line-1]
}
