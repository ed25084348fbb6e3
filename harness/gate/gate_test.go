package gate

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

// toy is a lab that may import a package more than others.
var toy = &lab.Lab{Name: "toy", Imports: []string{"go.etcd.io/bbolt"}}

// check checks files that are given as name, text, ...; a text without a package clause gets one.
func check(files ...string) []Finding {
	var all []lab.File
	for i := 0; i < len(files); i += 2 {
		text := files[i+1]
		if !strings.Contains(text, "package ") {
			text = "package toy\n\n" + text
		}
		all = append(all, lab.File{Name: files[i], Data: []byte(text)})
	}
	return Check(toy, all)
}

// rules are what the findings are called, in order.
func rules(findings []Finding) []string {
	all := []string{}
	for _, f := range findings {
		all = append(all, f.Rule)
	}
	return all
}

func TestWhatIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       Finding
	}{
		{"starts programs", "import (\n\t\"fmt\"\n\t\"os/exec\"\n)\n", Finding{"import", "a.go", 5, "os/exec"}},
		{"looks into memory", "import _ \"unsafe\"\n", Finding{"import", "a.go", 3, "unsafe"}},
		{"talks to the system", "import \"syscall\"\n", Finding{"import", "a.go", 3, "syscall"}},
		{"imports the harness", "import \"lockstep/harness/verdict\"\n", Finding{"import", "a.go", 3, "lockstep/harness/verdict"}},
		{"imports what the checks are helped by", "import \"lockstep/labs/04/disk\"\n", Finding{"import", "a.go", 3, "lockstep/labs/04/disk"}},
		{"imports the tests' package", "import \"testing\"\n", Finding{"import", "a.go", 3, "testing"}},
		{"hides a package's name", "import . \"os\"\n", Finding{"dot-import", "a.go", 3, `import . "os"`}},
		{"is C", "import \"C\"\n", Finding{"cgo", "a.go", 3, `import "C"`}},
		{"hides from the detector", "//go:norace\nfunc f() {}\n", Finding{"directive", "a.go", 3, "//go:norace"}},
		{"hides from the detector in a file that does not parse", "//go:norace\nfunc f( {}\n", Finding{"directive", "a.go", 3, "//go:norace"}},
		{"links to what is not exported", "//go:linkname f runtime.f\nfunc f() {}\n", Finding{"directive", "a.go", 3, "//go:linkname f runtime.f"}},
		{"takes in files", "//go:embed x\nvar x string\n", Finding{"directive", "a.go", 3, "//go:embed x"}},
		{"blames other lines", "//line append.go:1\nvar x string\n", Finding{"directive", "a.go", 3, "//line append.go:1"}},
		{"blames other lines in passing", "var x /*line append.go:1:1*/ string\n", Finding{"directive", "a.go", 3, "/*line append.go:1:1*/"}},
		{"is built somewhere only", "//go:build !race\n\npackage toy\n", Finding{"constraint", "a.go", 1, "//go:build !race"}},
		{"is built somewhere only, in the old way", "// +build !race\n\npackage toy\n", Finding{"constraint", "a.go", 1, "// +build !race"}},
		{"is another package", "package other\n", Finding{"package", "a.go", 1, "package other"}},
		{"runs before the checks", "func init() {}\n", Finding{"init", "a.go", 3, "func init"}},
		{"ends the checks", "import \"os\"\n\nfunc f() { os.Exit(0) }\n", Finding{"exit", "a.go", 5, "os.Exit"}},
		{"ends another process", "import \"os\"\n\nvar p = &os.Process{Pid: 1}\n", Finding{"exit", "a.go", 5, "os.Process"}},
		{"blinds the detector", "import \"runtime\"\n\nfunc f() { runtime.RaceDisable() }\n", Finding{"detector", "a.go", 5, "runtime.RaceDisable"}},
		{"writes its memory into a file", "import \"runtime/debug\"\n\nfunc f() { debug.WriteHeapDump(1) }\n", Finding{"memory", "a.go", 5, "runtime/debug.WriteHeapDump"}},
		{"ends the checks by another name", "import o \"os\"\n\nvar f = o.Exit\n", Finding{"exit", "a.go", 5, "os.Exit"}},
		{"ends the checks with a message", "import \"log\"\n\nfunc f() { log.Fatalf(\"\") }\n", Finding{"exit", "a.go", 5, "log.Fatalf"}},
		{"has a method's body elsewhere", "type t int\n\nfunc (t) f()\n", Finding{"body", "a.go", 5, "func f has no body"}},
		{"has two packages of one name", "import (\n\tv2 \"runtime/debug\"\n\tv2 \"math/rand/v2\"\n)\n", Finding{"import-name", "a.go", 5, "v2 is the name of math/rand/v2 too"}},
		{"has a package with the name of another one's path", "import v2 \"runtime/debug\"\nimport \"math/rand/v2\"\n\nvar _ = rand.Int\nvar _ = v2.WriteHeapDump\n", Finding{"memory", "a.go", 7, "runtime/debug.WriteHeapDump"}},
		{"asks for other checks", "import \"os\"\n\nvar _ = os.Args\n", Finding{"state", "a.go", 5, "os.Args"}},
		{"changes the environment", "import \"os\"\n\nvar _ = (os.Setenv)(\"\", \"\")\n", Finding{"state", "a.go", 5, "os.Setenv"}},
		{"goes elsewhere by a file", "func f(d interface{ Chdir() error }) { d.Chdir() }\n", Finding{"state", "a.go", 3, ".Chdir"}},
		{"has the number of a file", "import \"os\"\n\nvar f = (*os.File).Fd\n", Finding{"descriptor", "a.go", 5, ".Fd"}},
		{"has the number of a file that is called like a package", "import \"os\"\n\nfunc f(os *os.File) { os.Fd() }\n", Finding{"descriptor", "a.go", 5, ".Fd"}},
		{"has a file by its number", "import \"os\"\n\nvar f = os.NewFile(3, \"\")\n", Finding{"descriptor", "a.go", 5, "os.NewFile"}},
		{"takes the checks' processors", "import \"runtime\"\n\nvar _ = runtime.GOMAXPROCS(1)\n", Finding{"state", "a.go", 5, "runtime.GOMAXPROCS"}},
		{"keeps the function for later", "import \"runtime\"\n\nvar f = runtime.GOMAXPROCS\n", Finding{"state", "a.go", 5, "runtime.GOMAXPROCS"}},
		{"finds functions by their addresses", "import \"runtime\"\n\nvar f = runtime.FuncForPC\n", Finding{"memory", "a.go", 5, "runtime.FuncForPC"}},
		{"infers what it cannot name", "import \"sync/atomic\"\n\nfunc g[T any](func(*T) T) {}\n\nfunc f() { g(atomic.LoadPointer) }\n", Finding{"memory", "a.go", 7, "sync/atomic.LoadPointer"}},
		{"logs elsewhere for everybody", "import \"log/slog\"\n\nfunc f() { slog.SetDefault(nil) }\n", Finding{"state", "a.go", 5, "log/slog.SetDefault"}},
		{"reads what is not for it", "import \"fmt\"\n\nfunc f() { fmt.Scanln() }\n", Finding{"stream", "a.go", 5, "fmt.Scanln"}},
		{"changes an error", "import \"io\"\n\nfunc f() { io.EOF = nil }\n", Finding{"assign", "a.go", 5, "io.EOF"}},
		{"changes an error among others", "import \"io\"\n\nfunc f() (x int) { x, (io.EOF) = 1, nil; return }\n", Finding{"assign", "a.go", 5, "io.EOF"}},
		{"changes an error in a loop", "import \"io\"\n\nfunc f(es []error) { for _, io.EOF = range es {} }\n", Finding{"assign", "a.go", 5, "io.EOF"}},
		{"changes an error by what comes", "import \"io\"\n\nfunc f(c chan error) { select { case io.EOF = <-c: } }\n", Finding{"assign", "a.go", 5, "io.EOF"}},
		{"has the address of an error", "import \"io\"\n\nvar p = &(io.EOF)\n", Finding{"assign", "a.go", 5, "io.EOF"}},
		{"changes what a variable points to", "import \"time\"\n\nfunc f() { *time.Local = *time.UTC }\n", Finding{"assign", "a.go", 5, "time.Local"}},
		{"counts a variable up", "import \"runtime\"\n\nfunc f() { runtime.MemProfileRate++ }\n", Finding{"state", "a.go", 5, "runtime.MemProfileRate"}},
		{"changes an element", "import \"net\"\n\nfunc f() { net.IPv4zero[0] = 1 }\n", Finding{"state", "a.go", 5, "net.IPv4zero"}},
		{"keeps a slice for later", "import \"net\"\n\nvar ip = net.IPv4zero\n", Finding{"state", "a.go", 5, "net.IPv4zero"}},
		{"changes a table", "import \"unicode\"\n\nfunc f() { unicode.Han.R16[0].Lo = 1 }\n", Finding{"state", "a.go", 5, "unicode.Han"}},
		{"changes everybody's options", "import \"go.etcd.io/bbolt\"\n\nfunc f() { *bbolt.DefaultOptions = bbolt.Options{} }\n", Finding{"state", "a.go", 5, "go.etcd.io/bbolt.DefaultOptions"}},
		{"has the address of everybody's options", "import \"go.etcd.io/bbolt\"\n\nvar o = &*bbolt.DefaultOptions\n", Finding{"state", "a.go", 5, "go.etcd.io/bbolt.DefaultOptions"}},
		{"closes what panics are printed to", "import \"os\"\n\nfunc f() { os.Stderr.Close() }\n", Finding{"stream", "a.go", 5, "os.Stderr"}},
		{"hands on what panics are printed to", "import \"os\"\n\nvar w = os.Stderr\n", Finding{"stream", "a.go", 5, "os.Stderr"}},
		{"hands it to a function of its own", "import \"os\"\n\ntype t struct{}\n\nfunc (t) Fprint(f *os.File) { f.Close() }\n\nfunc f(fmt t) { fmt.Fprint(os.Stderr) }\n", Finding{"stream", "a.go", 9, "os.Stderr"}},
		{"hands it to a function that is called like a package's", "import (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar _ = fmt.Sprint\n\nfunc f(fmt t) { fmt.Fprint(os.Stderr) }\n", Finding{"stream", "a.go", 10, "os.Stderr"}},
		{"gets back what it has lent", "import (\n\t\"log\"\n\t\"os\"\n)\n\nvar w = log.New(os.Stderr, \"\", 0).Writer()\n", Finding{"stream", "a.go", 8, "os.Stderr, in a submission with something called Writer"}},
		{"has a body elsewhere", "func f()\n", Finding{"body", "a.go", 3, "func f has no body"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			findings := check("a.go", row.text)
			require.Len(t, findings, 1)
			assert.Equal(t, row.want, findings[0])
			assert.Contains(t, remedies, findings[0].Rule)
		})
	}
}

func TestWhatIsRefusedByName(t *testing.T) {
	for name, rule := range map[string]string{
		"a_windows.go": "file-name", "a_linux_arm64.go": "file-name", "a_386.go": "file-name", "_a.go": "file-name", ".a.go": "file-name",
		"Append2.go": "file-name", "append 2.go": "file-name", "append-copy.go": "file-name", "a.GO": "file-name", "ａ.go": "file-name",
		"a\n.go": "file-name", ".go": "file-name", "nul.go": "file-name", strings.Repeat("a", 61) + ".go": "file-name", "a_TEST.go": "file-name",
		"a.s": "assembly", "A.S": "assembly", "a.c": "assembly", "a.syso": "assembly",
	} {
		findings := check(name, "package toy\n")
		if assert.Len(t, findings, 1, name) {
			assert.Equal(t, rule, findings[0].Rule, name)
		}
	}
}

func TestWhatAFileCouldBeCalled(t *testing.T) {
	for name, want := range map[string]string{
		"Append2.go": "append2.go", "append (2).go": "append_2.go", "ReadMe.GO": "readme.go", "일.go": "more.go", "a..b.go": "a_b.go",
		strings.Repeat("a", 300) + ".go": strings.Repeat("a", 60) + ".go",
	} {
		assert.Equal(t, want, plain(name))
		assert.Empty(t, check(want, ""))
	}
	assert.Contains(t, check("Append2.go", "")[0].String(), "Append2.go is no plain name, append2.go would be")
	assert.Equal(t, []Finding{{"file-name", "a.go", 0, "a.go is there twice"}}, check("a.go", "", "b.go", "", "a.go", ""))
}

func TestWhatIsAccepted(t *testing.T) {
	assert.Empty(t, check(
		"windows.go", "// Nothing is wrong with a name that is a system's and nothing else.\npackage toy\n",
		"a_test.go", "// Tests are not taken.\npackage other\n\nfunc init() { println() }\n",
		"README.md", "not Go\n",
		"a.go", `package toy

import (
	"log/slog"
	"os"

	bolt "go.etcd.io/bbolt"
)

// init is a method, and os a variable: neither is what it looks like. //go:norace in a comment is no
// directive.
type t struct{ Leave func(int) }

func (t) init() {}

func f(os t) { os.Leave(0) }

func g(*bolt.DB) (*os.Root, *slog.Logger) { return nil, nil }
`))
}

// Nothing of this is refused, though it looks a little like what is.
func TestWhatHonestCodeDoes(t *testing.T) {
	for name, text := range map[string]string{
		"prints":                  "import (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc f() { fmt.Fprintln(os.Stderr); (os.Stdout).WriteString(\"\") }\n",
		"logs":                    "import (\n\t\"log\"\n\t\"log/slog\"\n\t\"os\"\n)\n\nvar a, b = log.New(os.Stderr, \"\", 0), slog.New(slog.NewTextHandler(os.Stderr, nil))\n",
		"asks for processors":     "import \"runtime\"\n\nvar n = runtime.GOMAXPROCS(0) + runtime.NumCPU()\n",
		"recovers":                "import \"runtime/debug\"\n\nfunc f() { recover(); debug.PrintStack(); _ = debug.Stack() }\n",
		"copies options":          "import bolt \"go.etcd.io/bbolt\"\n\nfunc f() { o := *bolt.DefaultOptions; o.Timeout = 1; bolt.Open(\"\", 0, bolt.DefaultOptions) }\n",
		"tells letters":           "import \"unicode\"\n\nfunc f(r rune) bool { return unicode.In(r, unicode.Hangul, unicode.Han) }\n",
		"wants only the effect":   "import _ \"os\"\nimport _ \"log\"\n",
		"shadows a package":       "import (\n\t\"log\"\n\t\"path\"\n)\n\nfunc f(log logger, path *node) { log.Info(1); log.Level = 3; path.Next.Up = nil; path.Exit() }\n\nvar _, _ = log.Println, path.Base\n",
		"misspells":               "import \"os\"\n\nvar _ = os.Opne\n",
		"imports twice":           "import \"os\"\nimport \"os\"\n\nvar _ = os.Getpid()\n",
		"compares errors":         "import \"io\"\n\nvar eof = io.EOF\n\nfunc f(err error) bool { return err == io.EOF || err == eof }\n",
		"reads into its own":      "import \"io\"\n\nfunc f(es map[error]int) { es[io.EOF]++; _ = &io.LimitedReader{} }\n",
		"says what a comment is":  "// A directive such as //go:norace is not for us, nor // +build.\n\nvar s = \"//go:norace\" + `\n//go:linkname a b\n`\n",
		"has two names for one":   "import (\n\ta \"io\"\n\tb \"io\"\n)\n\nvar _, _ = a.EOF, b.EOF\n",
		"has two packages called": "import (\n\t\"math/rand\"\n\tr \"math/rand/v2\"\n)\n\nvar _, _ = rand.Int, r.Int\n",
	} {
		assert.Empty(t, check("a.go", text), name)
	}
}

func TestLoanIsForTheWholeSubmission(t *testing.T) {
	lends := "import (\n\t\"log\"\n\t\"os\"\n)\n\nvar l = log.New(os.Stderr, \"\", 0)\n"
	assert.Empty(t, check("a.go", lends, "b.go", "import \"bufio\"\n\nvar w *bufio.Writer\n"))
	assert.Equal(t, []string{"stream"}, rules(check("a.go", lends, "b.go", "func f() { l.Writer() }\n")))
	assert.Equal(t, []string{"stream"}, rules(check("a.go", lends, "b.go", "import \"bufio\"\n\nvar _ bufio.Writer\n\nfunc f(bufio interface{ Writer() int }) { bufio.Writer() }\n")))
}

// Whoever takes up a new Go has to answer for its names before anybody can use them.
func TestNameWithoutAnAnswerIsRefused(t *testing.T) {
	os := table["os"]
	answer := os.names["Getpid"]
	delete(os.names, "Getpid")
	defer func() { os.names["Getpid"] = answer }()
	assert.Equal(t, []Finding{{"unknown", "a.go", 5, "os.Getpid"}}, check("a.go", "import \"os\"\n\nvar _ = os.Getpid()\n"))
}

func TestPackagesOfALabAreForThatLab(t *testing.T) {
	file := lab.File{Name: "a.go", Data: []byte("package toy\n\nimport bolt \"go.etcd.io/bbolt\"\nimport \"example.org/os\"\n")}
	assert.Equal(t, []string{"import", "import"}, rules(Check(&lab.Lab{Name: "toy"}, []lab.File{file})))
	assert.Equal(t, []string{"import"}, rules(Check(toy, []lab.File{file})))
	assert.Empty(t, Check(&lab.Lab{Name: "toy", Imports: []string{"go.etcd.io/bbolt", "example.org/os"}}, []lab.File{file}))
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "good.go"), []byte("package toy\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "good_test.go"), []byte("package toy\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "large.go"), make([]byte, maxSize+1), 0o644))
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.go")); err != nil {
		t.Logf("no links here, so none are checked: %v", err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "link.go"), make([]byte, maxSize+1), 0o644))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.go"), 0o755))
	files, findings, err := Read(dir)
	require.NoError(t, err)
	assert.Equal(t, []lab.File{{Name: "good.go", Data: []byte("package toy\n")}}, files)
	require.Len(t, findings, 2)
	for i, name := range []string{"large.go", "link.go"} {
		assert.Equal(t, "unreadable", findings[i].Rule)
		assert.Contains(t, findings[i].String(), name+": it ")
	}
	_, _, err = Read(filepath.Join(dir, "nowhere"))
	assert.Error(t, err)
}

func TestWhatDoesNotParseIsTold(t *testing.T) {
	deep := func(open, close string) string {
		return strings.Repeat(open, 100_100) + "1" + strings.Repeat(close, 100_100)
	}
	for name, row := range map[string]struct{ text, want string }{
		"a slip":                     {"package toy\n\nfunc f() {\n\tx := := 1\n}\n", "a.go:4:7: expected operand, found ':='"},
		"a slip behind a directive":  {"package toy\n//line other.go:100\nvar x int y\n", "a.go:3:11: expected ';', found y"},
		"a zero byte":                {"package toy\n\nvar x \x00int\n", "a.go:3:7: illegal character NUL"},
		"deeper than the parser can": {"package toy\n\nvar x = " + deep("(", ")") + "\n", "a.go:3:1: nested more than 5,000 deep"},
		"deep without brackets":      {"package toy\n\nvar x = " + deep("- ", "") + "\n", "a.go:3:1: nested more than 5,000 deep"},
		"deep in types":              {"package toy\n\nvar x " + strings.Repeat("func()", 100_000) + "\n", "a.go:3:1: nested more than 5,000 deep"},
		"deep in branches":           {"package toy\n\nfunc f() { if x {} " + strings.Repeat("else if x {}", 80_000) + "}\n", "a.go:3:1: nested more than 5,000 deep"},
		"deep here and there":        {"package toy\n\nvar x = " + strings.Repeat("f(!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", 1000) + "\n", "a.go:3:1: nested more than 5,000 deep"},
	} {
		files := []lab.File{{Name: "b.go", Data: []byte("package toy\n")}, {Name: "a_test.go", Data: []byte("no Go\n")}, {Name: "a.txt"}, {Name: "a.go", Data: []byte(row.text)}}
		err := Parse(files)
		if assert.Error(t, err, name) {
			assert.Contains(t, err.Error(), row.want, name)
			assert.NotContains(t, err.Error(), "other.go", name)
		}
		assert.NoError(t, Parse(files[:3]))
	}
	wide := "package toy\n\nvar x = []int{" + strings.Repeat("1, ", 100_000) + "}\n" + strings.Repeat("func f() { f(1, 2); f(3, 4) }\n", 10_000)
	assert.NoError(t, Parse([]lab.File{{Name: "a.go", Data: []byte(wide)}}))
}

func TestWhatIsToldIsLimited(t *testing.T) {
	flood := "package toy\n" + strings.Repeat("//go:\n", 10_000)
	findings := check("a.go", flood, "b.go", flood, "c.go", "func init() {}\n")
	require.Len(t, findings, maxFindings+1)
	for i, f := range findings[:maxFindings] {
		assert.Equal(t, Finding{"directive", "a.go", 2 + i, "//go:"}, f)
	}
	assert.Equal(t, "and 19,981 more: change what is named above, and look again", findings[maxFindings].String())

	few := check("a.go", "func init() {}\n//go:a\n", "b.go", strings.Repeat("//go:b\n", 18))
	assert.Len(t, few, maxFindings)
	assert.Equal(t, []string{"init", "directive"}, rules(few[:2]))

	for _, f := range check("a.go", "//go:"+strings.Repeat("x", 100_000)+"\nimport \""+strings.Repeat("x", 100_000)+"\"\n", strings.Repeat("ü", 100_000)+".go", "") {
		assert.LessOrEqual(t, len(f.String()), 500)
	}

	var many []string
	for i := range maxFiles + 1 {
		many = append(many, fmt.Sprintf("a%d.go", i), "")
	}
	assert.Empty(t, check(many[2:]...))
	assert.Equal(t, "101 files, of 100 at most: "+remedies["size"], check(many...)[0].String())
	var large []string
	for i := range 5 {
		large = append(large, fmt.Sprintf("a%d.go", i), "//"+strings.Repeat("x", maxSize-100)+"\n")
	}
	assert.Empty(t, check(large[2:]...))
	assert.Equal(t, []string{"size"}, rules(check(large...)))
	assert.Equal(t, []string{"unreadable"}, rules(check("a.go", "//"+strings.Repeat("x", maxSize)+"\n")))
}

// Every file of the kit that students see, or might have written, has to pass.
func TestStubsReferencesAndMistakesAreAccepted(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	labs, err := lab.All(root)
	require.NoError(t, err)
	for _, l := range labs {
		answers, err := filepath.Glob(filepath.Join(root, "solutions", l.ID, "*", "*", l.Files[0]))
		require.NoError(t, err)
		dirs := []string{filepath.Join(root, l.Dir()), filepath.Join(root, l.SolutionDir())}
		for _, file := range answers {
			dirs = append(dirs, filepath.Dir(file))
		}
		for _, dir := range dirs {
			files, findings, err := Read(dir)
			require.NoError(t, err)
			require.NotEmpty(t, files, dir)
			assert.NoError(t, Parse(files), dir)
			for _, f := range append(findings, Check(l, files)...) {
				t.Errorf("%s: %s", dir, f)
			}
		}
	}
}

func TestRulesPageIsComplete(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, "docs", "rules.md"))
	require.NoError(t, err)
	for rule := range remedies {
		assert.Contains(t, string(page), "`"+rule+"`")
	}
	rest, packages, _ := strings.Cut(string(page), "## Packages")
	named := regexp.MustCompile("`([\\w.]+)`").FindAllStringSubmatch(rest, -1)
	told := func(name string) bool { // itself, or by how it and others begin, or begin and end
		return slices.ContainsFunc(named, func(m []string) bool {
			start, end, family := strings.Cut(m[1], "...")
			return name == m[1] || family && strings.HasPrefix(name, start) && strings.HasSuffix(name, end)
		})
	}
	for path, pkg := range table {
		assert.Equal(t, pkg.everywhere, slices.Contains(strings.Fields(packages), path), path)
		for name, a := range pkg.names {
			if a.kind == "method" {
				name = name[strings.Index(name, "."):]
			} else if name = pkg.name + "." + name; pkg.name == "bbolt" {
				name = strings.Replace(name, "bbolt", "bolt", 1)
			}
			assert.True(t, a.rule == "" || path == "unicode" || told(name), "%s", name)
		}
	}
	_, list, _ := strings.Cut(packages, "may import\n")
	list, _, _ = strings.Cut(list, "\nand ")
	for _, name := range strings.Fields(list) {
		assert.True(t, table[name] != nil && table[name].everywhere, name)
	}
}
