package gate

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/scanner"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lockstep/harness/lab"
)

// A source is a file that is being looked at.
type source struct {
	name     string
	shown    string // the name, shortened
	fset     *token.FileSet
	syntax   *ast.File // nil if it is not Go, or does not parse
	packages map[string]*answers
	loans    []loan
	selected map[string]bool // what stands behind a dot, and may be a method
	findings findings
}

// look looks at one file; twin tells that there has been one of the same name.
func look(l *lab.Lab, f lab.File, twin bool) *source {
	s := &source{name: f.Name, shown: short(f.Name), selected: map[string]bool{}}
	if !strings.EqualFold(filepath.Ext(f.Name), ".go") {
		s.addFile("assembly", "%s", s.shown)
		return s
	}
	s.checkName(twin)
	if err := tooLarge(len(f.Data)); err != nil {
		s.addFile("unreadable", "%v", err)
		return s
	}
	s.comments(f.Data)
	fset, syntax, err := parse(f)
	if err != nil {
		return s
	}
	s.fset, s.syntax = fset, syntax
	if name := syntax.Name; name.Name != l.Name {
		s.add("package", name.Pos(), "package %s", name.Name)
	}
	s.imports(l)
	s.declarations()
	s.uses()
	return s
}

// addFile adds a finding about the file.
func (s *source) addFile(rule, format string, args ...any) {
	s.findings.add(Finding{rule, s.shown, 0, short(fmt.Sprintf(format, args...))})
}

// add adds a finding about a place in it.
func (s *source) add(rule string, at token.Pos, format string, args ...any) {
	line := s.fset.PositionFor(at, false).Line // whatever a line directive says
	s.findings.add(Finding{rule, s.shown, line, short(fmt.Sprintf(format, args...))})
}

// comments looks for directives: comments that are read by the compiler, the linker or the go command.
// It scans instead of parsing, so that no comment can hide behind a syntax error.
func (s *source) comments(text []byte) {
	var scan scanner.Scanner
	s.fset = token.NewFileSet()
	scan.Init(s.fset.AddFile(s.name, -1, len(text)), text, func(token.Position, string) {}, scanner.ScanComments)
	for {
		pos, tok, lit := scan.Scan()
		if tok == token.EOF {
			return
		}
		if tok != token.COMMENT {
			continue
		}
		switch {
		case constraint.IsGoBuild(lit), constraint.IsPlusBuild(lit):
			s.add("constraint", pos, "%s", firstLine(lit))
		case slices.ContainsFunc(directives, func(start string) bool { return strings.HasPrefix(lit, start) }):
			s.add("directive", pos, "%s", firstLine(lit))
		}
	}
}

// directives are how comments begin that are more than comments, for any compiler of Go.
var directives = []string{"//go:", "//line", "/*line", "//export", "//extern", "//cgo"}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

// imports looks at what the file imports, and finds out what the packages are called in it.
func (s *source) imports(l *lab.Lab) {
	s.packages = map[string]*answers{}
	taken := map[string]string{} // paths by name
	for _, spec := range s.syntax.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // for the compiler to tell
		}
		known := table[path]
		switch {
		case path == "C":
			s.add("cgo", spec.Pos(), `import "C"`)
			continue
		case !slices.Contains(l.Imports, path) && (known == nil || !known.everywhere):
			s.add("import", spec.Pos(), "%s", path)
			continue
		}
		name := ""
		switch {
		case spec.Name != nil:
			name = spec.Name.Name
		case known != nil:
			name = known.name
		default: // a package that only this lab.toml vouches for; whatever its name is, it refuses nothing
			continue
		}
		switch {
		case name == "_":
			continue
		case name == ".":
			s.add("dot-import", spec.Pos(), "import . %q", path)
			continue
		case taken[name] == path: // twice the same is for the compiler to tell
		case taken[name] != "":
			s.add("import-name", spec.Pos(), "%s is the name of %s too", name, path)
			continue
		}
		taken[name] = path
		if known != nil {
			s.packages[name] = known
		}
	}
}

func (s *source) declarations() {
	for _, d := range s.syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if fn.Recv == nil && fn.Name.Name == "init" {
			s.add("init", fn.Pos(), "func init")
		}
		if fn.Body == nil {
			s.add("body", fn.Pos(), "func %s has no body", fn.Name.Name)
		}
	}
}
