// Package stacks, beside the student's code, reads goroutine dumps: what runtime.Stack returns, and what a Go program prints
// when it panics or gets SIGQUIT.
//
//	for _, g := range stacks.All() {
//		fmt.Println(g.State, g.Frames[0])
//	}
package stacks

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A Frame is one call: the function with its package path, and where in which file it is.
type Frame struct {
	Func string // lockstep/labs/04.(*Server).handle
	File string // as the compiler recorded it, usually absolute
	Line int
}

// String gives file:line with the file's base name, the way people talk about it.
func (f Frame) String() string { return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line) }

// Compare puts frames into the order of the source: by file, then by line.
func (f Frame) Compare(g Frame) int {
	return cmp.Or(strings.Compare(f.File, g.File), f.Line-g.Line)
}

// Name is the function without its package path: (*Server).handle.
func (f Frame) Name() string {
	name := f.Func[strings.LastIndex(f.Func, "/")+1:]
	_, name, _ = strings.Cut(name, ".")
	return name
}

// A Goroutine is one entry of a dump.
type Goroutine struct {
	ID      int
	State   string  // what it does or waits for: "running", "chan receive", "sync.Mutex.Lock"
	Frames  []Frame // innermost call first
	Created Frame   // the go statement that started it; zero for the main goroutine
	By      int     // the ID of the goroutine that started it; 0 if that was none, as for a timer
}

// All returns every goroutine of this process, the caller's first. It stops the world while it
// looks, so that the picture is of one moment, and adds no happens-before edge.
func All() []Goroutine { return Parse(Dump()) }

// Dump returns the text that [All] parses.
func Dump() string {
	buf := make([]byte, 16<<10)
	for {
		if n := runtime.Stack(buf, true); n < len(buf) {
			return string(buf[:n])
		}
		buf = make([]byte, 4*len(buf))
	}
}

// Parse finds the goroutines in a text; all else in it is passed over.
func Parse(dump string) []Goroutine {
	var all []Goroutine
	var g *Goroutine // the one whose lines are being read, nil between entries
	lines := strings.Split(dump, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSuffix(lines[i], "\r")
		if id, state, ok := header(line); ok {
			all = append(all, Goroutine{ID: id, State: state})
			g = &all[len(all)-1]
			continue
		}
		if g == nil || line == "" {
			g = nil
			continue
		}
		if i+1 == len(lines) {
			break
		}
		file, n, ok := Position(lines[i+1])
		if !ok {
			continue
		}
		i++
		if by, ok := strings.CutPrefix(line, "created by "); ok {
			by, id, _ := strings.Cut(by, " in goroutine ")
			g.By, _ = strconv.Atoi(strings.TrimSpace(id))
			g.Created = Frame{Func: by, File: file, Line: n}
			continue
		}
		g.Frames = append(g.Frames, Frame{Func: Func(line), File: file, Line: n})
	}
	return all
}

// header reads the first line of an entry: "goroutine 7 [chan receive (scan), 2 minutes]:", and what the runtime adds
// behind the number when it gives up by itself: "gp=0xc000 m=nil mp=0x1". Without a regular expression, because a check
// looks at all goroutines again and again, and under the race detector.
func header(line string) (id int, state string, ok bool) {
	line, ok = strings.CutPrefix(line, "goroutine ")
	if !ok {
		return 0, "", false
	}
	line, ok = strings.CutSuffix(line, "]:")
	if !ok {
		return 0, "", false
	}
	words, state, ok := strings.Cut(line, " [")
	if !ok || strings.Contains(state, "]") {
		return 0, "", false
	}
	number, registers, _ := strings.Cut(words, " ")
	id, err := strconv.Atoi(number)
	if err != nil || !isGMP(registers) {
		return 0, "", false
	}
	state, _, _ = strings.Cut(state, ",")
	state, _, _ = strings.Cut(state, " (")
	return id, state, true
}

// isGMP tells whether text is what the runtime adds behind a goroutine's number, or nothing.
func isGMP(text string) bool {
	words := strings.Fields(text)
	for _, name := range []string{"gp=", "m=", "mp="} {
		if len(words) > 0 && strings.HasPrefix(words[0], name) {
			words = words[1:]
		}
	}
	return len(words) == 0
}

// Func takes the arguments off a call in a dump: "main.f(0x1, {...})" is main.f.
func Func(call string) string {
	if i := strings.LastIndex(call, "("); i > 0 && strings.HasSuffix(call, ")") {
		return call[:i]
	}
	return call
}

// Position reads the line under a call in a dump: file, line number and offset, and the registers
// that the runtime adds when it gives up by itself.
func Position(line string) (file string, n int, ok bool) {
	text := strings.TrimLeft(strings.TrimSuffix(line, "\r"), " \t")
	if text == "" || text[0] == line[0] { // not indented
		return "", 0, false
	}
	if at, registers, ok := cutLast(text, " fp="); ok && strings.Contains(registers, " sp=") && strings.Contains(registers, " pc=") {
		text = at
	}
	if at, offset, ok := cutLast(text, " +0x"); ok && strings.Trim(offset, "0123456789abcdef") == "" {
		text = at
	}
	file, number, ok := cutLast(text, ":")
	if !ok || file == "" {
		return "", 0, false
	}
	n, err := strconv.Atoi(number)
	return file, n, err == nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Innermost returns the innermost frame that own holds for.
func (g Goroutine) Innermost(own func(Frame) bool) (Frame, bool) {
	if i := slices.IndexFunc(g.Frames, own); i >= 0 {
		return g.Frames[i], true
	}
	return Frame{}, false
}

// In is for [Goroutine.Innermost]: a function of the package with this import path.
func In(pkg string) func(Frame) bool {
	return func(f Frame) bool { return strings.HasPrefix(f.Func, pkg+".") }
}
