package perturb

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"

	"lockstep/harness/lab"
)

// The packages that rewritten files import.
const (
	enginePath = "lockstep/harness/perturb/engine"
	syncPath   = "lockstep/harness/perturb/sync"
)

// Options leave one half of the engine out. The zero value does both.
type Options struct {
	NoYields bool // no yields before statements
	NoSync   bool // the standard library's sync
}

// Package is [Options.Package] with both halves.
func Package(files []lab.File) ([]lab.File, error) { return Options{}.Package(files) }

// Package returns the files of a package rewritten, all of them, in the same order. Their names stand in errors only.
//
// It rewrites all or none: a file that the parser does not take, or that imports "C", is an error. Who built such a file
// as it is would build one that nobody has read.
func (o Options) Package(files []lab.File) ([]lab.File, error) {
	parsed, err := o.rewrite(files)
	if err != nil {
		return nil, err
	}
	rewritten := make([]lab.File, len(files))
	for i, f := range parsed {
		rewritten[i] = lab.File{Name: files[i].Name, Data: f.apply()}
	}
	return rewritten, nil
}

func (o Options) rewrite(files []lab.File) ([]*file, error) {
	fset := token.NewFileSet()
	parsed := make([]*file, len(files))
	for i, f := range files {
		syntax, err := parser.ParseFile(fset, f.Name, f.Data, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if importsC(syntax) {
			return nil, fmt.Errorf("%s: a file that imports \"C\" cannot be rewritten", f.Name)
		}
		parsed[i] = &file{src: f.Data, fset: fset, syntax: syntax}
	}
	engine := unusedName("lockstep_engine", parsed)
	sites := 0
	for _, f := range parsed {
		if !o.NoSync {
			f.swapSync()
		}
		if !o.NoYields {
			f.addYields(engine, sites)
			sites += len(f.sites)
		}
	}
	return parsed, nil
}

// File is [Options.File] with both halves.
func File(name string, src []byte) ([]byte, error) { return Options{}.File(name, src) }

// File is [Options.Package] for a package of one file.
func (o Options) File(name string, src []byte) ([]byte, error) {
	files, err := o.Package([]lab.File{{Name: name, Data: src}})
	if err != nil {
		return nil, err
	}
	return files[0].Data, nil
}

// A file is a source file and what is going to be done to it.
type file struct {
	src    []byte
	fset   *token.FileSet
	syntax *ast.File
	edits  []edit
	sites  []Site // the statements that have a call in front of them
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
