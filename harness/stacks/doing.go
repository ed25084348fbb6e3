package stacks

import (
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// doing says what a goroutine does that is in a call of this function. The standard library's stand here;
// the kit's are told by their owners. Names are whole, with the package's path: a student may have a type
// called Conn.
var doing = map[string]string{
	"sync.(*Mutex).Lock":        "waits for a lock",
	"sync.(*RWMutex).Lock":      "waits for a lock",
	"sync.(*RWMutex).RLock":     "waits for a lock",
	"sync.(*WaitGroup).Wait":    "waits for a WaitGroup",
	"net.(*conn).Read":          "waits for its client to send",
	"net.(*conn).Write":         "waits for its client to read",
	"net.(*TCPListener).Accept": "waits for the next client",
}

// Means tells what a goroutine does that is in a call of f, in words for [Goroutine.Doing]. It is for the
// init functions of the package that f belongs to, and panics as [NameOf] does.
func Means(f any, words string) { doing[NameOf(f)] = words }

// alone are functions that call back what they were given, and must not be called from there.
var alone = map[string]turn{}

// A turn is what one of them waits for: in words where it is the first, and where it is inside of another one.
type turn struct{ first, inside string }

// Alone tells what to say, in [Goroutine.Doing], of a goroutine that waits in one of these functions of a library: for a lock of the library's,
// or, whatever it waits for, inside of another one of them. It is for init functions, and panics where a student's code could have a function of that name.
func Alone(first, inside string, functions ...string) {
	for _, name := range functions {
		if strings.HasPrefix(name, "lockstep/") || strings.HasPrefix(name, "main.") {
			panic(fmt.Sprintf("stacks: %s is no function of a library", name))
		}
		alone[name] = turn{first, inside}
	}
}

// kit is how the functions of this kit begin: those of the harness, and of what a lab's checks have of their own in a folder below the lab's,
// where no file of a student's can be.
var kit = regexp.MustCompile(`^lockstep/(harness|labs/\d\d)/`)

// NameOf returns the name of a function or a method expression of this kit, as the Func of its frames has
// it. It panics when f is something else: what is said of a function by its name holds for the whole
// process, and a student's code must not be able to say it.
func NameOf(f any) string {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		panic(fmt.Sprintf("stacks: %T is no function", f))
	}
	name := runtime.FuncForPC(v.Pointer()).Name()
	if !kit.MatchString(name) {
		panic(fmt.Sprintf("stacks: %s is no function of the kit", name))
	}
	return name
}

// Doing says in words what the goroutine does or waits for, as far as its calls tell. Of calls that lead
// into one another, those of the outermost package count, for the others are how it does it; and of these
// the innermost.
func (g Goroutine) Doing() string {
	words, by := "", ""
	for _, f := range g.Frames {
		if w, ok := doing[f.Func]; ok && f.pkg() != by {
			words, by = w, f.pkg()
		}
	}
	if w := g.turn(words == doing["sync.(*Mutex).Lock"]); w != "" {
		return w
	}
	if words != "" {
		return words
	}
	switch g.State {
	case "running", "runnable":
		return "is running"
	case "chan receive", "chan send", "select", "sleep":
		return "waits in a " + g.State
	}
	return "waits (" + g.State + ")"
}

// turn is what to say of a goroutine that waits in functions which must be called alone, "" if it does not.
func (g Goroutine) turn(locked bool) string {
	at := slices.IndexFunc(g.Frames, func(f Frame) bool { return alone[f.Func] != turn{} })
	if at < 0 || g.State == "running" || g.State == "runnable" {
		return ""
	}
	words, pkg, left := alone[g.Frames[at].Func], g.Frames[at].pkg(), false
	for _, f := range g.Frames[at:] {
		if left && alone[f.Func] == words {
			return words.inside
		}
		left = left || f.pkg() != pkg // what it calls of its own is no other one
	}
	if theirs := func(f Frame) bool { return strings.HasPrefix(f.Func, "lockstep/") }; !locked || slices.ContainsFunc(g.Frames[:at], theirs) {
		return ""
	}
	return words.first
}

// pkg is the path of the function's package.
func (f Frame) pkg() string { return strings.TrimSuffix(f.Func, "."+f.Name()) }
