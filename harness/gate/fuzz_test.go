package gate

import (
	"bytes"
	"context"
	"fmt"
	"go/build"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// The gate sees what the compiler and the go command see: in no file that go/parser takes do they find an import, a
// directive, a constraint, an init function or a refused function that the gate has not found. What they find is told by
// themselves: by errors that they have only for what they have recognized, and by the symbols of the object file. Code
// is generated with a taste for what is between the lines; with -fuzz it is changed byte by byte as well.
func FuzzCompilerSeesNoMore(f *testing.F) {
	needs.Time(f)
	c := newCompiler(f)
	for seed := range uint64(20) {
		f.Add(seed, "")
		f.Add(seed, generate(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		if text == "" {
			text = generate(seed)
		}
		seen, err := c.compile(t.Context(), t.TempDir(), text)
		require.NoError(t, err)
		missed(t, text, seen)
	})
}

// The same, a little of it each time, and enough to see that none of the compiler's findings is missing because it
// has never been made.
func TestCompilerSeesNoMore(t *testing.T) {
	needs.Time(t)
	c := newCompiler(t)
	var mu sync.Mutex // for the counts
	counts := map[string]int{}
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(2)
	for seed := range uint64(120) {
		group.Go(func() error {
			dir, err := os.MkdirTemp(t.TempDir(), "")
			if err != nil {
				return err
			}
			text := generate(seed)
			seen, err := c.compile(ctx, dir, text)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for rule := range seen {
				counts[rule]++
			}
			missed(t, text, seen)
			return nil
		})
	}
	require.NoError(t, group.Wait())
	for _, rule := range []string{"compiles", "import", "directive", "constraint", "init", "exit", "state", "memory"} {
		assert.Positive(t, counts[rule], "no file that has %s: the generator has to be looked at", rule)
	}
	t.Log(counts)
}

// missed fails for what others have seen, by rule, and the gate has not.
func missed(t *testing.T, text string, seen map[string]string) {
	findings := Check(toy, []lab.File{{Name: "a.go", Data: []byte(text)}})
	all := rules(findings)
	if len(seen) == 0 || slices.Contains(all, "more") {
		return
	}
	for rule, what := range seen {
		late := rule == "directive" && slices.Contains(all, "constraint") // go:build behind the package clause
		if rule != "compiles" && !late && !slices.Contains(all, rule) {
			t.Errorf("%s was seen (%s), and not by the gate, which has %v, in\n%q", rule, what, findings, text)
		}
	}
}

// A compiler compiles with the packages that every lab may import.
type compiler struct {
	tool, nm, config string
	symbols          map[string]string // rules of what is refused whatever it is used for, by symbol
}

func newCompiler(t testing.TB) *compiler {
	t.Helper()
	tool := func(name string) string {
		path, err := exec.Command("go", "tool", "-n", name).Output()
		require.NoError(t, err)
		return strings.TrimSpace(string(path))
	}
	c := &compiler{tool: tool("compile"), nm: tool("nm"), config: filepath.Join(t.TempDir(), "importcfg"), symbols: map[string]string{}}
	var config strings.Builder
	paths := slices.Sorted(maps.Keys(table))
	all := exports(t, paths...)
	for _, path := range paths {
		if !table[path].everywhere {
			continue
		}
		fmt.Fprintf(&config, "packagefile %s=%s\n", path, all[path].file)
		for name, a := range table[path].names {
			if path == "sync/atomic" {
				break // the methods of honest types are symbols for the same
			}
			if a.rule != "" && a.only == nil && (a.kind == "func" || a.kind == "var") {
				c.symbols[path+"."+name] = a.rule
			}
		}
	}
	require.NoError(t, os.WriteFile(c.config, []byte(config.String()), 0o600))
	return c
}

var (
	recognized  = regexp.MustCompile(`(?m)^\S+: (//go:\w+ (only )?allowed|.*is only allowed in runtime|misplaced compiler directive|//go:linkname|//go:embed|go:embed|usage: //go|invalid (line|column) number|.*only allowed in Go files|//go:\w+ only)`)
	notFound    = regexp.MustCompile(`could not import (\S+)`)
	plantedFile = regexp.MustCompile(`(?m)^ +U \S*planted\.go$`)
	elsewhere   = regexp.MustCompile(`(?m)^[^:\s]*planted\.go`)
)

// compile returns what the go command and the compiler see in a file, by the rule that is against it; nothing if the file
// is not built because it does not parse.
func (c *compiler) compile(ctx context.Context, dir, text string) (map[string]string, error) {
	seen := map[string]string{}
	if Parse([]lab.File{{Name: "a.go", Data: []byte(text)}}) != nil || len(text) > maxSize {
		return seen, nil
	}
	goCommand(text, seen)
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.tool, "-p", "toy", "-importcfg", c.config, "-race", "-N", "-l", "-complete", "-dwarf=false", "-e", "-o", "a.o", "a.go")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if found := recognized.Find(out); found != nil {
		seen["directive"] = string(found)
	}
	if found := elsewhere.Find(out); found != nil {
		seen["directive"] = string(found)
	}
	for _, m := range notFound.FindAllStringSubmatch(string(out), -1) {
		seen["import"] = m[1]
		if m[1] == "C" {
			delete(seen, "import")
			seen["cgo"] = m[1]
		}
	}
	if err != nil {
		return seen, nil
	}
	seen["compiles"] = "all of it"
	object, err := os.ReadFile(filepath.Join(dir, "a.o"))
	if err != nil {
		return nil, err
	}
	symbols := sync.OnceValue(func() string {
		out, _ := exec.CommandContext(ctx, c.nm, filepath.Join(dir, "a.o")).Output() // nothing is seen without
		return string(out)
	})
	if bytes.Contains(object, []byte("planted.go")) && plantedFile.MatchString(symbols()) { // it may be in a string as well
		seen["directive"] = "planted.go is the name of a file"
	}
	if bytes.Contains(object, []byte("toy.init.0")) && strings.Contains(symbols(), " T toy.init.0\n") {
		seen["init"] = "toy.init.0"
	}
	for symbol, rule := range c.symbols {
		if bytes.Contains(object, []byte(symbol)) && strings.Contains(symbols(), " U "+symbol+"\n") {
			seen[rule] = symbol
		}
	}
	return seen, nil
}

// goCommand adds what the go command finds in a file, which reads it by itself before the compiler does.
func goCommand(text string, seen map[string]string) {
	dir := fstest.MapFS{"a.go": {Data: []byte(text)}}
	c := build.Default
	c.CgoEnabled = true
	c.IsDir = func(string) bool { return true }
	c.OpenFile = func(string) (io.ReadCloser, error) { return dir.Open("a.go") }
	c.ReadDir = func(string) ([]fs.FileInfo, error) {
		info, err := dir.Stat("a.go")
		return []fs.FileInfo{info}, err
	}
	p, err := c.ImportDir(".", 0)
	if err != nil && p == nil {
		return
	}
	if len(p.IgnoredGoFiles) > 0 {
		seen["constraint"] = "ignored"
	}
	if len(p.CgoFiles) > 0 {
		seen["cgo"] = "import \"C\""
	}
	if len(p.EmbedPatterns) > 0 || len(p.Directives) > 0 {
		seen["directive"] = fmt.Sprint(p.EmbedPatterns, p.Directives)
	}
	for _, path := range p.Imports {
		if path != "C" && (table[path] == nil || !table[path].everywhere) {
			seen["import"] = path
		}
	}
}

// A writer makes up files.
type writer struct{ *rand.Rand }

func (w writer) one(of ...string) string { return of[w.IntN(len(of))] }

// often is true in so many of a hundred cases.
func (w writer) often(percent int) bool { return w.IntN(100) < percent }

// generate makes up a file. Most compile, or nearly.
func generate(seed uint64) string {
	w := writer{rand.New(rand.NewPCG(seed, 11))}
	var b strings.Builder
	b.WriteString(w.one("", "", "", "", "\ufeff", "// Package toy is one.\n", "/* a */", "//\r\n", "/*\n//go:build none\n*/\n"))
	if w.often(8) {
		b.WriteString(w.one("//go:build none\n\n", "// +build none\n\n", "//  +build none\n\n", "/**/\n//go:build none\n\n", "//go:build\tnone\n", "//+build none\n\n"))
	}
	b.WriteString(w.one("package toy\n", "package toy;", "package/**/toy // here\n", "package\n\ntoy\n", "package toy\r\n"))
	type imported struct{ name, path string }
	var all []imported
	taken := map[string]bool{}
	for range 1 + w.IntN(4) {
		path := w.one("os", "os", "runtime", "log", "fmt", "io", "runtime/debug", "math/rand/v2", "math/rand", "net", "log/slog", "sync/atomic", "unicode")
		if w.often(6) {
			path = w.one("os/exec", "unsafe", "syscall", "C", "embed", "reflect", "lockstep/harness/verdict", "testing", "./x", "os/signal")
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if name == "v2" {
			name = "rand"
		}
		as := ""
		if w.often(40) {
			as = w.one("os", "fmt", "v2", "o", "_", "été", "io", "ｏs", "log", "init", "String")
			if w.often(5) {
				as = "."
			}
			name = as
		}
		if taken[name] && w.often(95) {
			continue
		}
		taken[name] = name != "_"
		quoted := w.one(`"`+path+`"`, `"`+path+`"`, "`"+path+"`", fmt.Sprintf(`"\x%02x%s"`, path[0], path[1:]), fmt.Sprintf(`"\u%04x%s"`, path[0], path[1:]), fmt.Sprintf(`"\%03o%s"`, path[0], path[1:]))
		spec := as + w.one(" ", "", "/**/", "\t") + quoted
		b.WriteString(w.one("import "+spec+"\n", "import ("+spec+")\n", "import (\n\t"+spec+";\n)\n", "import/*\n*/("+spec+"/**/\n);", "import ();import "+spec+"\n"))
		if name != "_" && name != "." {
			all = append(all, imported{name, path})
		}
	}
	for i, p := range all {
		b.WriteString(w.use(i, p.name, p.path))
	}
	for i := range w.IntN(3) {
		b.WriteString(w.one("func init() {}\n", "type t"+fmt.Sprint(i)+" int; func (t"+fmt.Sprint(i)+") init() {}\n", "var planted"+fmt.Sprint(i)+" = `\n//go:systemstack\n/*line planted.go:1*/`\n",
			"func probe"+fmt.Sprint(i)+"(p *int) { *p = 1 }\n", "type Of"+fmt.Sprint(i)+"[T any, U ~[]T] struct{ a T; b U }\n", "func label"+fmt.Sprint(i)+"() { os: for { break os } }\n",
			"const c"+fmt.Sprint(i)+" = '\\''\n", "var r"+fmt.Sprint(i)+" = 0x_1p-2i\n"))
	}
	text := b.String()
	for w.often(35) {
		at := w.boundary(text)
		text = text[:at] + w.one("\n//go:systemstack\n", "//go:systemstack\n", "\n\t //go:systemstack and more\n", "/*go:systemstack*/", "// go:systemstack\n", "//\rgo:systemstack\n", "\r//go:systemstack\r\n",
			"/*\n//go:systemstack\n*/", "\n//go:linkname probe0 os.exit\n", "\n//go:embed a.go\n", "\n//line planted.go:1\n", "\n//line planted.go:1:1\r\n", "/*line planted.go:1:1*/", "/*line planted.go:7*/", " //line planted.go:1\n",
			"/**//*line planted.go:1:1*/", "/*line planted.go:1\n*/", "//go:build none\n", "\n//go:norace\n", "//go:debug panicnil=1\n", "\n/*line planted.go:x*/", "\n//line planted.go:0\n", "\n//line C:\\planted.go:1\n", "\n//line planted.go\n") + text[at:]
	}
	for w.often(25) {
		at := w.IntN(len(text) + 1)
		text = text[:at] + w.one("\r", "\x00", "\ufeff", "\u2028", "\u00a0", "\xff", "/*", "*/", "//", "\"", "`", "\n", ";", "(", ")", "{", "}", "\\", "\u200b", "é", "\x1a", "\v") + text[at:]
	}
	return text
}

// use uses an import so that it is not unused: the name that is wanted, somewhere where it could be overlooked.
func (w writer) use(i int, name, path string) string {
	wanted := map[string][]string{
		"os": {"Exit", "Args", "Chdir", "Getpid", "NewFile", "Stdin", "Setenv"}, "runtime": {"GC", "FuncForPC", "Caller", "Breakpoint", "NumCPU"}, "log": {"Fatal", "Println", "SetOutput", "Default"},
		"fmt": {"Println", "Scanln"}, "io": {"EOF", "ReadAll"}, "runtime/debug": {"Stack", "WriteHeapDump", "SetGCPercent"}, "math/rand/v2": {"Int"}, "math/rand": {"Int"},
		"net": {"FileConn", "Dial", "DefaultResolver"}, "log/slog": {"SetDefault", "Info"}, "sync/atomic": {"AddInt32"}, "unicode": {"IsLetter", "Categories"},
		"unsafe": {"Pointer"}, "syscall": {"Exit"}, "os/exec": {"Command"},
	}[path]
	if wanted == nil {
		wanted = []string{"X"}
	}
	sel := name + w.one(".", ".", " . ", "./**/", "/*\n*/.", ".\n\t", "\u0020.") + w.one(wanted...)
	if w.often(20) {
		sel = "(" + sel + ")"
	}
	n := fmt.Sprintf("v%d", i)
	return w.one(
		"var "+n+" = "+sel+"\n",
		"var "+n+", _ = any("+sel+"), 1\n",
		"func "+n+"() any { return "+sel+" }\n",
		"func "+n+"() { if x := any("+sel+"); x != nil { } }\n",
		"func "+n+"() any { { "+name+" := 1; _ = "+name+" }; return "+sel+" }\n",
		"func "+n+"() any { f := func("+name+" int) int { return "+name+" }; _ = f; return "+sel+" }\n",
		"func "+n+"() { "+name+" := any("+sel+"); _ = "+name+" }\n",
		"func "+n+"() { var "+name+" any = "+sel+"; _ = "+name+" }\n",
		"func "+n+"() { "+name+": for { _ = any("+sel+"); break "+name+" } }\n",
		"func "+n+"() { if "+name+" := any("+sel+"); "+name+" == nil {} else if "+name+" := 1; "+name+" == 1 {} }\n",
		"func "+n+"() { for "+name+" := any("+sel+"); "+name+" == nil; {} }\n",
		"func "+n+"() { switch "+name+" := any("+sel+").(type) { case int: _ = "+name+" } }\n",
		"func "+n+"() { for range 1 { defer func(any) {}("+sel+") } }\n",
		"func "+n+"[T any]() any { return "+sel+" }; var _ = "+n+"[int]\n",
		"func "+n+"["+name+" any](x "+name+") {}; var _ any = "+sel+"\n",
		"type "+n+" struct { "+name+" int }; var _ = "+n+"{"+name+": 1}; var _ any = "+sel+"\n",
		"func ("+n+" t"+n+") m() any { return "+sel+" }; type t"+n+" struct{}\n",
		"var "+n+" = map[string]any{\"a\": "+sel+"}\n",
		"var "+n+" = []any{0: "+sel+"}\n",
		"func "+n+"(c chan any) { select { case c <- "+sel+": default: } }\n",
		"func "+n+"() (x any) { defer func() { x = "+sel+" }(); return }\n",
		"func "+n+"() { type "+name+" int; var _ "+name+" }; var _ any = "+sel+"\n",
		"func "+n+"() any { const "+name+" = 1; return "+name+" }; var _ any = "+sel+"\n",
		"func "+n+"() any { goto "+name+"; "+name+": return "+sel+" }\n",
		"func "+n+"("+name+" struct{ Exit any }) any { return "+name+".Exit }; var _ any = "+sel+"\n",
	)
}

// boundary is a place in a text where a symbol might end.
func (w writer) boundary(text string) int {
	at := w.IntN(len(text) + 1)
	for at < len(text) && !strings.ContainsRune(" \n\t;(){}.,", rune(text[at])) {
		at++
	}
	return at
}
