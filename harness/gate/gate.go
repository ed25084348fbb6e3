// Package gate says what a submission may contain. It reads Go files as a parser does, not as text,
// and runs nothing.
//
//	findings, err := gate.Check(l, dir)
//
// What it refuses has no place in any lab: ways around the checks (an init function runs before
// them, os.Exit ends them), around the race detector (a norace directive), around Go's memory
// (unsafe, assembly, cgo), or around the sandbox (starting programs). Nothing of it is needed: docs/rules.md
// is the list for students. The gate is a first line; it keeps honest mistakes from looking like fraud. What it
// lets through still runs confined, and is believed nothing.
package gate

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lockstep/harness/lab"
)

// A Finding is one thing that a submission must not contain.
type Finding struct {
	Rule   string `json:"rule"`   // import, cgo, directive, ...: what docs/rules.md calls it
	File   string `json:"file"`   // as the student named it
	Line   int    `json:"line"`   // 0 if it is about the file
	Detail string `json:"detail"` // what it is: the import's path, the directive
}

// String is a sentence that says what to change.
func (f Finding) String() string {
	at := f.File
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return fmt.Sprintf("%s: %s: %s", at, f.Detail, remedies[f.Rule])
}

// remedies say what to do about a finding, by rule.
var remedies = map[string]string{
	"import":     "this package is not for submissions; the lab can be done with the packages that the stub and docs/rules.md name",
	"dot-import": "import the package under its name",
	"cgo":        "the labs are in Go alone; take out import \"C\"",
	"assembly":   "the labs are in Go alone; hand in only .go files",
	"directive":  "directives to the compiler have no place here; take the comment out",
	"constraint": "a submission is built the same way everywhere; take the build constraint out",
	"file-name":  "a file of this name is part of some builds only, or of none; rename it",
	"package":    "all files of a submission belong to the lab's package",
	"init":       "init runs before the checks do; do it where it is used, or in Serve",
	"exit":       "this would end the checks with the server; return an error instead",
	"detector":   "the race detector has to see everything; take it out",
	"memory":     "what is in memory is not for files; take it out",
	"unreadable": "it is no regular file of reasonable size that can be read",
}

// maxSize is the largest file that is looked at, in bytes.
const maxSize = 1 << 20

// base are the packages that every lab may use.
var base = []string{
	"bufio", "bytes", "cmp", "container/heap", "container/list", "container/ring", "context", "encoding/binary",
	"encoding/hex", "errors", "fmt", "io", "io/fs", "iter", "log", "log/slog", "maps", "math", "math/bits", "math/rand", "math/rand/v2",
	"net", "net/netip", "net/textproto", "os", "path", "path/filepath", "regexp", "runtime", "runtime/debug", "slices", "sort", "strconv",
	"strings", "sync", "sync/atomic", "text/tabwriter", "time", "unicode", "unicode/utf8",
}

// Check looks at the files in dir that a submission to l consists of: all Go files but tests, which are
// never taken (many hand in the whole folder, with the kit's own checks in it), and whatever else would take part in a
// build. Findings are in order of file and line. A file that does not parse is for the compiler to tell of. An
// error means that dir could not be read.
func Check(l *lab.Lab, dir string) ([]Finding, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Finding
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir() || !Built(name):
		case strings.EqualFold(filepath.Ext(name), ".go"):
			all = append(all, checkFile(l, filepath.Join(dir, name))...)
		default:
			all = append(all, Finding{"assembly", name, 0, name})
		}
	}
	return all, nil
}

// Built tells whether the go command could make a file of this name part of a lab: Go that is no test, or
// something that is not Go.
func Built(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".go" && !strings.HasSuffix(name, "_test.go") || slices.Contains(native, ext)
}

// native are the files other than Go's that the go command builds.
var native = []string{".s", ".sx", ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".m", ".f", ".for", ".f90", ".swig", ".swigcxx", ".syso"}

// A file is one that is being looked at.
type file struct {
	name     string
	fset     *token.FileSet
	syntax   *ast.File
	findings []Finding
}

func (f *file) add(rule string, at token.Pos, format string, args ...any) {
	line := 0
	if at.IsValid() {
		line = f.fset.PositionFor(at, false).Line // whatever a line directive says
	}
	f.findings = append(f.findings, Finding{rule, f.name, line, fmt.Sprintf(format, args...)})
}

func checkFile(l *lab.Lab, path string) []Finding {
	f := &file{name: filepath.Base(path), fset: token.NewFileSet()}
	text, err := read(path)
	if err != nil {
		f.add("unreadable", token.NoPos, "%v", err)
		return f.findings
	}
	if built := strings.TrimSuffix(f.name, ".go"); oddName(built) {
		f.add("file-name", token.NoPos, "%s", f.name)
	}
	f.comments(text)
	f.syntax, err = parser.ParseFile(f.fset, f.name, text, 0)
	if err != nil {
		return f.findings // it will not compile
	}
	if f.syntax.Name.Name != l.Name {
		f.add("package", f.syntax.Name.Pos(), "package %s", f.syntax.Name.Name)
	}
	names := f.imports(l)
	f.declarations()
	f.uses(names)
	slices.SortStableFunc(f.findings, func(a, b Finding) int { return a.Line - b.Line })
	return f.findings
}

// read returns the text of a regular file.
func read(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("it is a %s", info.Mode().Type())
	case info.Size() > maxSize:
		return nil, fmt.Errorf("it has %d bytes, and may have %d", info.Size(), maxSize)
	}
	return os.ReadFile(path)
}

// oddName tells whether the go command builds a file of this name, without .go, on some systems only or
// not at all.
func oddName(name string) bool {
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
		return true
	}
	words := strings.Split(name, "_")
	last := words[len(words)-1]
	return len(words) > 1 && slices.Contains(platforms, last)
}

// platforms are the words that a file name may end in to be built on some systems only: GOOS and GOARCH as
// of Go 1.26 (go tool dist list), and those that the go command reserves.
var platforms = strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris
	wasip1 windows zos 386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le
	ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`)

// comments looks for directives: comments that are read by the compiler, the linker or the go command.
// It scans instead of parsing, so that no comment can hide behind a syntax error.
func (f *file) comments(text []byte) {
	var s scanner.Scanner
	file := f.fset.AddFile(f.name, -1, len(text))
	s.Init(file, text, func(token.Position, string) {}, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return
		}
		if tok != token.COMMENT {
			continue
		}
		word, _, _ := strings.Cut(strings.TrimSpace(lit), " ")
		switch {
		case constraint.IsGoBuild(lit), constraint.IsPlusBuild(lit):
			f.add("constraint", pos, "%s", firstLine(lit))
		case strings.HasPrefix(word, "//go:"), strings.HasPrefix(word, "//export"), strings.HasPrefix(word, "//line"),
			strings.HasPrefix(word, "/*line"), strings.HasPrefix(word, "//extern"), strings.HasPrefix(word, "//cgo"):
			f.add("directive", pos, "%s", firstLine(lit))
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

// imports looks at what the file imports, and returns the names of packages by path.
func (f *file) imports(l *lab.Lab) map[string]string {
	names := map[string]string{}
	for _, spec := range f.syntax.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // for the compiler to tell
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		switch {
		case path == "C":
			f.add("cgo", spec.Pos(), `import "C"`)
		case !slices.Contains(base, path) && !slices.Contains(l.Imports, path):
			f.add("import", spec.Pos(), "%s", path)
		case name == ".":
			f.add("dot-import", spec.Pos(), "import . %q", path)
		}
		names[name] = path
	}
	return names
}

func (f *file) declarations() {
	for _, d := range f.syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		switch {
		case !ok || fn.Recv != nil:
		case fn.Name.Name == "init":
			f.add("init", fn.Pos(), "func init")
		case fn.Body == nil:
			f.add("directive", fn.Pos(), "func %s has no body", fn.Name.Name)
		}
	}
}

// refused are names of packages that may be imported, by the rule that is against them. A star stands for
// any ending.
var refused = map[string]map[string][]string{
	"exit": {
		"os":      {"Exit", "StartProcess", "FindProcess", "Process"},
		"log":     {"Fatal*"},
		"runtime": {"Breakpoint"},
	},
	"detector": {"runtime": {"Race*"}}, // race builds have RaceDisable and others
	"memory":   {"runtime/debug": {"WriteHeapDump", "SetCrashOutput"}},
}

// against returns the rule that refuses a name of a package, "" if there is none.
func against(path, name string) string {
	for rule, packages := range refused {
		for _, pattern := range packages[path] {
			start, any := strings.CutSuffix(pattern, "*")
			if name == pattern || any && strings.HasPrefix(name, start) {
				return rule
			}
		}
	}
	return ""
}

func (f *file) uses(names map[string]string) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if !ok || id.Obj != nil { // a variable that is called like a package
			return true
		}
		path := names[id.Name]
		if rule := against(path, sel.Sel.Name); rule != "" {
			f.add(rule, sel.Pos(), "%s.%s", path, sel.Sel.Name)
		}
		return true
	})
}
