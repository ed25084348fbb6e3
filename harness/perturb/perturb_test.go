package perturb

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsInserted(t *testing.T) {
	out, err := File("chat.go", []byte(`package chat // one room

import "sync"

var mu sync.Mutex

func f() {
	mu.Lock(); mu.Unlock()
}
`))
	require.NoError(t, err)
	assert.Equal(t, `package chat; import lockstep_watch "lockstep/harness/perturb/watch" // one room

import "lockstep/harness/perturb/sync"

var mu sync.Mutex

func f() {
	lockstep_watch.Y(1); mu.Lock(); lockstep_watch.Y(2); mu.Unlock()
}
`, string(out))
}

// brief shows what was added as a sign: ! for a yield, ~ for one behind the start of a goroutine, @ for the import, "SYNC" for the drop-in.
func brief(out []byte) string {
	out = regexp.MustCompile(`lockstep_watch\.Started\(\d+\); `).ReplaceAll(out, []byte("~"))
	out = yielded.ReplaceAll(out, []byte("!"))
	out = imported.ReplaceAll(out, []byte("@"))
	return string(swapped.ReplaceAll(out, []byte(`"SYNC"`)))
}

func TestRewriting(t *testing.T) {
	for _, row := range []struct{ name, src, want string }{
		{"no statement", "package p\nfunc f() {}\n", "package p\nfunc f() {}\n"},
		{"several on a line", "package p; func f() { g(); g() }", "package p@; func f() { !g(); !g() }"},
		{"an if with a first part and an else",
			"package p\nfunc f() { if x := g(); x { g() } else if !x { g() } else { g() } }",
			"package p@\nfunc f() { !if x := g(); x { !g() } else if !x { !g() } else { !g() } }"},
		{"a loop with a first part", "package p\nfunc f() { for i := 0; i < 3; i++ { g() } }",
			"package p@\nfunc f() { !for i := 0; i < 3; i++ { !g() } }"},
		{"an empty loop", "package p\nfunc f() { for g() {} }", "package p@\nfunc f() { !for g() {} }"},
		{"switch and fallthrough", "package p\nfunc f() { switch g() { case 1: g(); fallthrough; case 2: default: return } }",
			"package p@\nfunc f() { !switch g() { case 1: !g(); !fallthrough; case 2: default: !return } }"},
		{"switch on a type", "package p\nfunc f() { switch x := g().(type) { case int: g(x) } }",
			"package p@\nfunc f() { !switch x := g().(type) { case int: !g(x) } }"},
		{"select", "package p\nfunc f() { select { case x := <-c: g(x); case c <- 1: default: g() } }",
			"package p@\nfunc f() { !select { case x := <-c: !g(x); case c <- 1: default: !g() } }"},
		{"empty select and switch", "package p\nfunc f() { switch {}; select {} }", "package p@\nfunc f() { !switch {}; !select {} }"},
		{"behind the start of a goroutine", "package p\nfunc f() { go g(); g(); w.Go(g); g(); w.Wait() }",
			"package p@\nfunc f() { !go g(); ~g(); !w.Go(g); ~g(); !w.Wait() }"},
		{"labels", "package p\nfunc f() { goto end; again: for { break again }; end: }",
			"package p@\nfunc f() { !goto end; !again: for { !break again }; !end: }"},
		{"a label for a block", "package p\nfunc f() { x: { goto x } }", "package p@\nfunc f() { !x: { !goto x } }"},
		{"function literals", "package p\nvar v = func() int { return 1 }\nfunc f() { go func() { g() }(); defer func() { g() }() }",
			"package p@\nvar v = func() int { !return 1 }\nfunc f() { !go func() { !g() }(); ~defer func() { !g() }() }"},
		{"statements that do not begin with a word", "package p\nfunc f() { <-c; (g)(); *p = 1; []int{1}[0]++; {}; func() {}() }",
			"package p@\nfunc f() { !<-c; !(g)(); !*p = 1; ![]int{1}[0]++; !{}; !func() {}() }"},
		{"declarations", "package p\nfunc f() { var x int; const y = 1; type t int; ; }",
			"package p@\nfunc f() { !var x int; !const y = 1; !type t int; ; }"},
		{"generics", "package p\nfunc f[T any](x T) T { return g[T](x) }", "package p@\nfunc f[T any](x T) T { !return g[T](x) }"},
		{"methods", "package p\nfunc (r *R[T]) f() { g() }", "package p@\nfunc (r *R[T]) f() { !g() }"},
		{"functions of which the compiler knows something special",
			"package p\n//go:nosplit\nfunc f() { g(); func() { g() }() }\n//go:norace\n\n// h is.\nfunc h() { g() }\n//go:noinline\nfunc i() { g() }",
			"package p@\n//go:nosplit\nfunc f() { g(); func() { g() }() }\n//go:norace\n\n// h is.\nfunc h() { g() }\n//go:noinline\nfunc i() { !g() }"},
		{"a directive for something else", "package p\n//go:embed x\nvar v string\nfunc f() { g() }", "package p@\n//go:embed x\nvar v string\nfunc f() { !g() }"},

		{"imports, comments and a build constraint",
			"//go:build linux\n\n// Package p is.\npackage p // p\n\n// C\nimport (\n\t\"fmt\" // f\n\t\"sync\" // s\n\t\"sync/atomic\"\n)\n\nvar mu sync.Mutex\n\nfunc f() { g() }",
			"//go:build linux\n\n// Package p is.\npackage p@ // p\n\n// C\nimport (\n\t\"fmt\" // f\n\t\"SYNC\" // s\n\t\"sync/atomic\"\n)\n\nvar mu sync.Mutex\n\nfunc f() { !g() }"},
		{"imports on the line of the package clause", `package p; import "sync"; import "fmt"; var mu sync.Mutex`, `package p; import "SYNC"; import "fmt"; var mu sync.Mutex`},
		{"a comment in the package clause", "package /* q */ p /* r */; func f() { g() }", "package /* q */ p@ /* r */; func f() { !g() }"},
		{"sync under another name", "package p\nimport s \"sync\"\nvar mu s.Mutex", "package p\nimport s \"SYNC\"\nvar mu s.Mutex"},
		{"sync without its name", "package p\nimport . \"sync\"\nvar mu Mutex", "package p\nimport . \"SYNC\"\nvar mu Mutex"},
		{"sync with a different quote", "package p\nimport `sync`\nvar mu sync.Mutex", "package p\nimport \"SYNC\"\nvar mu sync.Mutex"},
		{"sync for nothing", "package p\nimport _ \"sync\"\nimport \"sync\"\nvar sync2 int", "package p\nimport _ \"sync\"\nimport \"sync\"\nvar sync2 int"},
		{"sync hidden by a variable", "package p\nimport \"sync\"\nvar mu sync.Mutex\nfunc f() { sync := g(); sync.h() }",
			"package p@\nimport \"SYNC\"\nvar mu sync.Mutex\nfunc f() { !sync := g(); !sync.h() }"},
		{"cgo", "package p\n\n// #include <x.h>\nimport \"C\"\nimport \"sync\"\nvar mu sync.Mutex\nfunc f() { C.g() }\n",
			"package p\n\n// #include <x.h>\nimport \"C\"\nimport \"sync\"\nvar mu sync.Mutex\nfunc f() { C.g() }\n"},
		{"windows line ends", "package p\r\n\r\nfunc f() {\r\n\tg()\r\n}\r\n", "package p@\r\n\r\nfunc f() {\r\n\t!g()\r\n}\r\n"},
		{"line directives", "//line a.go:1\npackage p\n//line b.y:70\nfunc f() { g(); /*line :90:5*/g() }", "//line a.go:1\npackage p@\n//line b.y:70\nfunc f() { !g(); /*line :90:5*/!g() }"},
		{"a byte order mark", "\ufeffpackage p\nfunc f() { g() }", "\ufeffpackage p@\nfunc f() { !g() }"},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := File("p.go", []byte(row.src))
			require.NoError(t, err)
			assert.Equal(t, row.want, brief(out))
			assert.True(t, mustSurvive(t, "p.go", []byte(row.src)))
		})
	}
}

func TestOptions(t *testing.T) {
	src := []byte("package p\nimport \"sync\"\nvar mu sync.Mutex\nfunc f() { g() }")
	for _, row := range []struct {
		options Options
		want    string
	}{
		{Options{}, "package p@\nimport \"SYNC\"\nvar mu sync.Mutex\nfunc f() { !g() }"},
		{Options{NoSync: true}, "package p@\nimport \"sync\"\nvar mu sync.Mutex\nfunc f() { !g() }"},
		{Options{NoYields: true}, "package p\nimport \"SYNC\"\nvar mu sync.Mutex\nfunc f() { g() }"},
		{Options{NoYields: true, NoSync: true}, string(src)},
	} {
		out, err := row.options.File("p.go", src)
		require.NoError(t, err)
		assert.Equal(t, row.want, brief(out))
	}
}

func TestNameThatTheFileUsesIsAvoided(t *testing.T) {
	src := "package p\nfunc f() { lockstep_watch := 1; lockstep_watch_: for { break lockstep_watch_ } }"
	out, err := File("p.go", []byte(src))
	require.NoError(t, err)
	assert.Contains(t, string(out), `; import lockstep_watch__ "lockstep/harness/perturb/watch"`)
	assert.Contains(t, string(out), "lockstep_watch__.Y(1); ")
}

func TestFileThatDoesNotParseStaysAsItIs(t *testing.T) {
	for _, src := range []string{"", "package", "package p\nfunc f() { if }", "hello"} {
		out, err := File("/home/amira/chat.go", []byte(src))
		assert.ErrorContains(t, err, "/home/amira/chat.go:")
		assert.Equal(t, src, string(out))
	}
}
