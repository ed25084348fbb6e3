package perturb

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
)

// The packages that rewritten files import.
const (
	watchPath = "lockstep/harness/perturb/watch"
	syncPath  = "lockstep/harness/perturb/sync"
)

// Options leave one half of the engine out. The zero value does both.
type Options struct {
	NoYields bool // no yields before statements
	NoSync   bool // the standard library's sync
}

// File is [Options.File] with both halves.
func File(name string, src []byte) ([]byte, error) { return Options{}.File(name, src) }

// File returns src rewritten. The name stands in errors only.
//
// A file that does not parse is returned as it is, with the parser's error. Who means to compile the
// file ignores that error: the compiler is about to say the same in the words that students know.
func (o Options) File(name string, src []byte) ([]byte, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return src, err
	}
	if importsC(syntax) {
		return src, nil
	}
	f := &file{src: src, fset: fset, syntax: syntax}
	if !o.NoSync {
		f.swapSync()
	}
	if !o.NoYields {
		f.addYields()
	}
	return f.apply(), nil
}

// A file is a source file and what is going to be done to it.
type file struct {
	src    []byte
	fset   *token.FileSet
	syntax *ast.File
	edits  []edit
}

// An edit puts text, which has no line break, in the place of the source from one offset to another.
type edit struct {
	from, to int
	text     string
}

func (f *file) insert(pos token.Pos, text string) { f.replace(pos, pos, text) }

func (f *file) replace(pos, end token.Pos, text string) {
	f.edits = append(f.edits, edit{f.offset(pos), f.offset(end), text})
}

// offset is where pos is in src, whatever line directives say.
func (f *file) offset(pos token.Pos) int { return f.fset.PositionFor(pos, false).Offset }

func (f *file) apply() []byte {
	slices.SortStableFunc(f.edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var out bytes.Buffer
	done := 0
	for _, e := range f.edits {
		out.Write(f.src[done:e.from])
		out.WriteString(e.text)
		done = e.to
	}
	out.Write(f.src[done:])
	return out.Bytes()
}

func importsC(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(spec *ast.ImportSpec) bool { return importPath(spec) == "C" })
}

func importPath(spec *ast.ImportSpec) string {
	path, _ := strconv.Unquote(spec.Path.Value) // the parser has looked at it
	return path
}
