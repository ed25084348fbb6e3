package perturb

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
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
	assert.Equal(t, `package chat; import lockstep_engine "lockstep/harness/perturb/engine" // one room

import "lockstep/harness/perturb/sync"

var mu sync.Mutex

func f() {
	lockstep_engine.Y(1); mu.Lock(); lockstep_engine.Y(2); mu.Unlock()
}
`, string(out))
}

// brief shows what was added as a sign: ! for a yield, ~ for one behind the start of a goroutine, @ for the import, "SYNC" for the drop-in.
func brief(out []byte) string {
	out = regexp.MustCompile(`lockstep_engine\.Started\(\d+\); `).ReplaceAll(out, []byte("~"))
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
		{"an empty loop", "package p\nfunc f() { for g() {} }", "package p@\nfunc f() { !for g() {!} }"},
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

// A use of the name anywhere in the package, whatever it is for.
func TestNameThatThePackageUsesIsAvoided(t *testing.T) {
	const other = "package p\n\nfunc f() { g() }\n\nfunc g() {}\n"
	for _, row := range []struct{ name, src string }{
		{"variable", "var lockstep_engine = 0"},
		{"variables", "var x, lockstep_engine = 0, lockstep_engine_\nvar lockstep_engine_ = 1"},
		{"constant", "const lockstep_engine = 0"},
		{"function", "func lockstep_engine() {}"},
		{"type", "type lockstep_engine struct{}"},
		{"generic type", "type T[lockstep_engine any] struct{ x lockstep_engine }"},
		{"type parameter", "func h[lockstep_engine any](lockstep_engine) { g() }"},
		{"method", "type T struct{}\nfunc (T) lockstep_engine() { g() }"},
		{"receiver", "type T struct{}\nfunc (lockstep_engine T) h() { g() }"},
		{"field", "type T struct{ lockstep_engine int }"},
		{"method of an interface", "type T interface{ lockstep_engine() }"},
		{"parameter", "func h(lockstep_engine int) { g() }"},
		{"result", "func h() (lockstep_engine int) { g(); return }"},
		{"label", "func h() { lockstep_engine: for { break lockstep_engine } }"},
		{"local variable", "func h() { lockstep_engine := 1; g(); _ = lockstep_engine }"},
		{"local variable, further in", "func h() { for { if true { lockstep_engine, x := 1, 2; g(); _, _ = lockstep_engine, x } } }"},
		{"variable of a switch", "func h(x any) { switch lockstep_engine := x.(type) { case int: g(); _ = lockstep_engine } }"},
		{"variable of a range", "func h() { for lockstep_engine := range 3 { g(); _ = lockstep_engine } }"},
		{"several, with a tail", "var lockstep_engine, lockstep_engine_ int\nfunc h() { lockstep_engine__: for { break lockstep_engine__ } }"},
		{"yields in the same function", "func h(x struct{ lockstep_engine int }) { x.lockstep_engine++; g() }"},
	} {
		t.Run(row.name, func(t *testing.T) {
			files := []lab.File{{Name: "a.go", Data: []byte(other)}, {Name: "b.go", Data: []byte("package p\n\n" + row.src + "\n")}}
			require.Empty(t, complaints(files), "it compiles")
			require.True(t, packageMustSurvive(t, files))
			out, err := Package(files)
			require.NoError(t, err)
			name := regexp.MustCompile(`import (\w+) `).FindSubmatch(out[0].Data)
			require.NotNil(t, name)
			assert.NotRegexp(t, `\b`+string(name[1])+`\b`, row.src)
		})
	}
	for _, src := range []string{
		`import lockstep_engine "time"` + "\nvar x lockstep_engine.Time",
		`import "example.com/lockstep_engine"` + "\nvar x lockstep_engine.Time",
	} {
		out, err := File("p.go", []byte("package p\n"+src+"\nfunc f() { g() }\n"))
		require.NoError(t, err)
		assert.Contains(t, string(out), `; import lockstep_engine_ "lockstep/harness/perturb/engine"`)
	}
}

func TestFilesOfAPackageAreRewrittenTogether(t *testing.T) {
	out, err := Package([]lab.File{
		{Name: "a.go", Data: []byte("package p\nimport \"sync\"\nvar mu sync.Mutex\n")},
		{Name: "b.go", Data: []byte("package p\nimport s \"sync\"\nvar pointer *s.Mutex = &mu\nfunc f() { mu.Lock() }\n")},
	})
	require.NoError(t, err)
	assert.Equal(t, "package p\nimport \"SYNC\"\nvar mu sync.Mutex\n", brief(out[0].Data))
	assert.Equal(t, "package p@\nimport s \"SYNC\"\nvar pointer *s.Mutex = &mu\nfunc f() { !mu.Lock() }\n", brief(out[1].Data))
}

// Whoever leaves such a file as it is builds what nobody has read.
func TestFileThatCannotBeRewrittenIsAnErrorAndNothingComesBack(t *testing.T) {
	nested := "package p\nvar x = " + strings.Repeat("(", 100_100) + "1" + strings.Repeat(")", 100_100) + "\n"
	for _, row := range []struct{ name, src, want string }{
		{"empty", "", "chat.go:1:1: expected 'package'"},
		{"half a package clause", "package", "chat.go:1:8: expected 'IDENT'"},
		{"half a statement", "package p\nfunc f() { if }", "chat.go:2:15: "},
		{"no Go", "hello", "chat.go:1:1: expected 'package'"},
		{"nested deeper than the parser goes, which the compiler takes", nested, "exceeded max nesting depth"},
		{"cgo", "package p\nimport \"C\"\n", `chat.go: a file that imports "C" cannot be rewritten`},
	} {
		t.Run(row.name, func(t *testing.T) {
			fine := lab.File{Name: "fine.go", Data: []byte("package p\nfunc f() { g() }\n")}
			out, err := Package([]lab.File{fine, {Name: "/home/amira/chat.go", Data: []byte(row.src)}})
			require.ErrorContains(t, err, row.want)
			assert.ErrorContains(t, err, "/home/amira/chat.go:")
			assert.Nil(t, out)
		})
	}
}

// A file of the size that is accepted takes a moment, however odd it is: nothing limits the process that rewrites.
func TestOddFilesTakeNoLongerThanOthers(t *testing.T) {
	for _, row := range []struct{ name, head, line string }{
		{"imports of sync", "package p\n", "import a%d \"sync\"\n"},
		{"directives and functions", "package p\n", "//go:norace\nfunc f%d() {}\n"},
		{"names like ours", "package p\n", "var lockstep_engine_%d int\n"},
		{"statements", "package p\nfunc f() {", "g(%d);"},
		{"folded functions", "package p\nvar _ = ", "func() { _ = %d }; var _ = "},
	} {
		t.Run(row.name, func(t *testing.T) {
			var src strings.Builder
			src.WriteString(row.head)
			for i := 0; src.Len() < 1<<20; i++ {
				fmt.Fprintf(&src, row.line, i)
			}
			switch {
			case strings.HasSuffix(row.head, "{"):
				src.WriteString("}")
			case strings.HasSuffix(row.head, "= "):
				src.WriteString("0")
			}
			start := time.Now()
			_, err := File("p.go", []byte(src.String()))
			require.NoError(t, err)
			assert.Less(t, time.Since(start), 30*time.Second)
		})
	}
}
