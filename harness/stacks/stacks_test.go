package stacks_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
	"lockstep/harness/memnet"
	"lockstep/harness/stacks"
	oneshot "lockstep/labs/01"
	appendlog "lockstep/labs/04"
)

var update = flag.Bool("update", false, "write into testdata what Parse finds there now")

func TestParseFindsTheGoroutinesOfADump(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			require.NoError(t, err)
			dump := string(ar.Files[0].Data)
			got := describe(stacks.Parse(dump))
			if *update {
				ar.Files[1].Data = []byte(got)
				require.NoError(t, os.WriteFile(path, txtar.Format(ar), 0o644))
			}
			assert.Equal(t, string(ar.Files[1].Data), got)
			assert.Equal(t, got, describe(stacks.Parse(strings.ReplaceAll(dump, "\n", "\r\n"))), "with the line endings of Windows")
		})
	}
}

// describe is what the archives under testdata keep of the goroutines.
func describe(all []stacks.Goroutine) string {
	var b strings.Builder
	for _, g := range all {
		fmt.Fprintf(&b, "%d %s: %s\n", g.ID, g.State, g.Doing())
		for _, f := range g.Frames {
			fmt.Fprintf(&b, "\t%s at %s\n", f.Name(), f)
		}
		if g.Created.Line > 0 {
			fmt.Fprintf(&b, "\tstarted by %s at %s\n", g.Created.Name(), g.Created)
		}
	}
	return b.String()
}

type worker struct{ jobs chan string }

func (w *worker) wait() { <-w.jobs }

//go:noinline
func (w *worker) hire() {
	go w.wait()
	go func() { <-w.jobs }()
}

func waitFor[T any](c chan T) { <-c }

func pinned(c chan string) {
	runtime.LockOSThread()
	<-c
}

func TestAllTellsOfEveryGoroutineTheCallerFirst(t *testing.T) {
	w := &worker{jobs: make(chan string)}
	defer close(w.jobs)
	w.hire()
	go waitFor(w.jobs)
	go pinned(w.jobs)
	require.Empty(t, await.Idle(30*time.Second))

	all := stacks.All()
	require.NotEmpty(t, all)
	caller, ok := all[0].Innermost(stacks.In("lockstep/harness/stacks_test"))
	require.True(t, ok)
	assert.Equal(t, "TestAllTellsOfEveryGoroutineTheCallerFirst", caller.Name())
	assert.Equal(t, "running", all[0].State)

	for _, want := range []struct{ name, starter string }{
		{"(*worker).wait", "(*worker).hire"},
		{"(*worker).hire.func1", "(*worker).hire"},
		{"waitFor[...]", t.Name()},
		{"pinned", t.Name()},
	} {
		t.Run(want.name, func(t *testing.T) {
			for _, g := range all[1:] {
				f, ok := g.Innermost(stacks.In("lockstep/harness/stacks_test"))
				if !ok || f.Name() != want.name {
					continue
				}
				assert.Equal(t, "chan receive", g.State)
				assert.Equal(t, "waits in a chan receive", g.Doing())
				assert.Regexp(t, `^stacks_test\.go:\d+$`, f.String())
				assert.Equal(t, want.starter, g.Created.Name())
				assert.NotZero(t, g.Created.Line)
				assert.NotZero(t, g.By)
				return
			}
			t.Errorf("not among\n%s", describe(all))
		})
	}
}

func TestNameLeavesThePackagePathOut(t *testing.T) {
	for _, c := range []struct{ what, function, want string }{
		{"function", "lockstep/labs/04.serve", "serve"},
		{"method", "lockstep/labs/04.(*Server).handle", "(*Server).handle"},
		{"value method", "lockstep/labs/04.Server.handle", "Server.handle"},
		{"closure", "lockstep/labs/04.(*Server).Serve.func1.2", "(*Server).Serve.func1.2"},
		{"go statement with arguments", "lockstep/labs/04.(*Server).Serve.gowrap1", "(*Server).Serve.gowrap1"},
		{"generic function", "lockstep/labs/04.relay[...]", "relay[...]"},
		{"generic method", "lockstep/labs/04.(*queue[...]).push", "(*queue[...]).push"},
		{"main", "main.main", "main"},
		{"dot in the package path", "gopkg.in/yaml%2ev3.Unmarshal", "Unmarshal"},
	} {
		t.Run(c.what, func(t *testing.T) {
			assert.Equal(t, c.want, stacks.Frame{Func: c.function}.Name())
		})
	}
}

func TestFuncLeavesTheArgumentsOut(t *testing.T) {
	for call, want := range map[string]string{
		"main.main()":                              "main.main",
		"main.f(0x1, {0xc000012345?, 0x2})":        "main.f",
		"lockstep/labs/04.(*Server).Serve(...)":    "lockstep/labs/04.(*Server).Serve",
		"lockstep/labs/04.(*queue[...]).push(...)": "lockstep/labs/04.(*queue[...]).push",
		"lockstep/labs/04.(*Server).Serve":         "lockstep/labs/04.(*Server).Serve",
	} {
		assert.Equal(t, want, stacks.Func(call))
	}
}

func TestPositionReadsFileAndLine(t *testing.T) {
	for _, c := range []struct {
		what, line, file string
		n                int
	}{
		{"a dump", "\t/home/student/append.go:31 +0x1d", "/home/student/append.go", 31},
		{"inlined", "\t/home/student/append.go:31", "/home/student/append.go", 31},
		{"a race report", "      /home/student/append.go:31 +0x1d", "/home/student/append.go", 31},
		{"with registers", "\t/home/student/append.go:31 +0x1d fp=0xc00005afe0 sp=0xc00005afb8 pc=0x4d5983", "/home/student/append.go", 31},
		{"Windows", "\tC:/Users/student/my labs/append.go:31 +0x1d\r", "C:/Users/student/my labs/append.go", 31},
		{"no position", "created by main.main in goroutine 1", "", 0},
		{"no number", "\t/home/student/append.go", "", 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			file, n, ok := stacks.Position(c.line)
			assert.Equal(t, c.n > 0, ok)
			assert.Equal(t, c.file, file)
			assert.Equal(t, c.n, n)
		})
	}
}

func TestDoingSaysItInWords(t *testing.T) {
	for _, c := range []struct{ state, function, want string }{
		{"sync.Mutex.Lock", "sync.(*Mutex).Lock", "waits for a lock"},
		{"sync.RWMutex.RLock", "sync.(*RWMutex).RLock", "waits for a lock"},
		{"sync.WaitGroup.Wait", "sync.(*WaitGroup).Wait", "waits for a WaitGroup"},
		{"sync.Cond.Wait", "lockstep/harness/memnet.(*Conn).Read", "waits for its client to send"},
		{"IO wait", "net.(*conn).Read", "waits for its client to send"},
		{"sync.Cond.Wait", "lockstep/harness/memnet.(*Conn).pastEnd", "reads on and on, although the connection has ended"},
		{"sync.Cond.Wait", "lockstep/harness/memnet.(*Listener).pastEnd", "accepts on and on, although the listener is closed"},
		{"sync.Cond.Wait", "lockstep/harness/memnet.(*Conn).Write", "waits for its client to read"},
		{"IO wait", "net.(*conn).Write", "waits for its client to read"},
		{"sync.Cond.Wait", "lockstep/harness/memnet.(*Listener).Accept", "waits for the next client"},
		{"IO wait", "net.(*TCPListener).Accept", "waits for the next client"},
		{"running", "main.f", "is running"},
		{"runnable", "main.f", "is running"},
		{"sleep", "main.f", "waits in a sleep"},
		{"select", "main.f", "waits in a select"},
		{"sync.Cond.Wait", "main.f", "waits (sync.Cond.Wait)"},
	} {
		t.Run(c.state+" in "+c.function, func(t *testing.T) {
			g := stacks.Goroutine{State: c.state, Frames: []stacks.Frame{{Func: c.function}, {Func: "lockstep/labs/04.(*Server).handle"}}}
			assert.Equal(t, c.want, g.Doing())
		})
	}
}

// Types of a student's may be called what the kit's and the standard library's are.
func TestDoingTellsWhatIsCalledInsideOfItself(t *testing.T) {
	stacks.Alone("waits for its turn", "waits inside of itself", "example.org/db.(*DB).View", "example.org/db.(*DB).Update")
	for _, row := range []struct{ calls, want string }{
		{"sync.(*Mutex).Lock example.org/db.(*DB).View lockstep/labs/07.f example.org/db.(*DB).Update lockstep/labs/07.g", "waits inside of itself"},
		{"sync.(*Mutex).Lock example.org/db.(*DB).begin example.org/db.(*DB).Update example.org/db.(*DB).View lockstep/labs/07.f", "waits for its turn"},
		{"os.(*File).Sync example.org/db.(*DB).Update lockstep/labs/07.f", "waits (sync.Mutex.Lock)"},
		{"sync.(*Mutex).Lock lockstep/labs/07.f example.org/db.(*DB).View lockstep/labs/07.g", "waits for a lock"},
	} {
		g := stacks.Goroutine{State: "sync.Mutex.Lock"}
		for call := range strings.FieldsSeq(row.calls) {
			g.Frames = append(g.Frames, stacks.Frame{Func: call})
		}
		assert.Equal(t, row.want, g.Doing())
	}
	assert.Panics(t, func() { stacks.Alone("does well", "does better", "lockstep/labs/07.(*Accounts).Login") })
}

func TestDoingIsToldOfWholeNamesOnly(t *testing.T) {
	for _, function := range []string{
		"(*keyboard).Read", "(*Screen).Write", "(*Conn).pastEnd", "(*Listener).pastEnd", "(*Conn).Read", "(*Listener).Accept",
		"(*Mutex).Lock", "(*WaitGroup).Wait", "(*conn).Write",
	} {
		g := stacks.Goroutine{State: "select", Frames: []stacks.Frame{{Func: "lockstep/labs/06." + function}}}
		assert.Equal(t, "waits in a select", g.Doing(), function)
	}
}

// A console is one of the kit's own that reads from another package of the kit.
type console struct{ conn *memnet.Conn }

func (c *console) Read(p []byte) (int, error) { return c.conn.Read(p) }

func TestDoingIsToldByTheOutermostPackage(t *testing.T) {
	stacks.Means((*console).Read, "waits for a test")
	near, far := memnet.Pipe(0)
	defer far.Close()
	go (&console{near}).Read(make([]byte, 1)) // ends with the connection
	require.Empty(t, await.Idle(30*time.Second))
	assert.True(t, slices.ContainsFunc(stacks.All(), func(g stacks.Goroutine) bool { return g.Doing() == "waits for a test" }))
}

func TestNamesAreOfTheKitsOwnFunctions(t *testing.T) {
	assert.Equal(t, "lockstep/harness/stacks.Parse", stacks.NameOf(stacks.Parse))
	assert.Equal(t, "lockstep/harness/memnet.(*Conn).Read", stacks.NameOf((*memnet.Conn).Read))
	for what, f := range map[string]any{
		"a student's function": oneshot.Serve,
		"a student's method":   (*appendlog.Server).Serve,
		"the library's":        strings.Cut,
		"no function":          "lockstep/harness/stacks.Parse",
		"nil":                  nil,
		"a nil function":       (func())(nil),
	} {
		assert.Panics(t, func() { stacks.NameOf(f) }, what)
		assert.Panics(t, func() { stacks.Means(f, "does as it should") }, what)
	}
}

func TestInFindsTheInnermostCallOfAPackage(t *testing.T) {
	g := stacks.Goroutine{Frames: []stacks.Frame{
		{Func: "sync.(*Mutex).Lock", Line: 1},
		{Func: "lockstep/labs/04_test.check", Line: 2},
		{Func: "lockstep/labs/04.(*Server).handle", Line: 3},
		{Func: "lockstep/labs/04.(*Server).Serve.func1", Line: 4},
	}}
	f, ok := g.Innermost(stacks.In("lockstep/labs/04"))
	assert.True(t, ok)
	assert.Equal(t, 3, f.Line)
	_, ok = g.Innermost(stacks.In("lockstep/labs/05"))
	assert.False(t, ok)
}
