package explain

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lockstep/harness/race"
	"lockstep/harness/stacks"
)

// A source is what could be read of the student's files. Lines are those of
// the report: a //line directive in a file has been followed.
type source struct {
	names
	own   race.Own
	fset  *token.FileSet
	files map[string]*file // by their name in the report; only those that are what ran
}

type file struct {
	syntax *ast.File
	text   map[int]string // the lines, without indentation
}

// load reads the student's files in a report, and more. A file that is missing, does not parse, or has other
// functions at those lines than the report says is left out: no word is better than a wrong one.
func load(r race.Report, own race.Own, more []string, read func(string) ([]byte, error)) *source {
	src := &source{names: noNames(), own: own, fset: token.NewFileSet(), files: map[string]*file{}}
	frames := slices.DeleteFunc(
		slices.Concat(r.Now.Stack, r.Before.Stack, r.Now.Created, r.Before.Created),
		func(f stacks.Frame) bool { return !own.Has(f) })
	tried := map[string]bool{}
	for _, f := range frames {
		if !tried[f.File] {
			tried[f.File] = true
			src.read(f.File, read)
		}
	}
	for _, f := range frames {
		if src.files[f.File] != nil && !src.agrees(f) {
			delete(src.files, f.File)
		}
	}
	for _, name := range more {
		same := func(file string) bool { return filepath.Base(file) == filepath.Base(name) }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(tried)), same) { // or a report knows it by another path
			src.read(name, read)
		}
	}
	src.check()
	return src
}

func (src *source) read(name string, read func(string) ([]byte, error)) {
	data, err := read(name)
	if err != nil {
		return
	}
	syntax, err := parser.ParseFile(src.fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return
	}
	src.noteTypes(syntax)
	f := &file{syntax: syntax, text: map[int]string{}}
	tf := src.fset.File(syntax.FileStart)
	lines := strings.Split(string(data), "\n")
	for _, group := range syntax.Comments {
		for _, c := range group.List { // what stands behind a statement is not part of it
			line := tf.PositionFor(c.Pos(), false).Line - 1
			lines[line] = lines[line][:min(len(lines[line]), tf.Offset(c.Pos())-tf.Offset(tf.LineStart(line+1)))]
		}
	}
	for i, line := range lines {
		if i < tf.LineCount() {
			f.text[src.line(tf.LineStart(i+1))] = strings.TrimSpace(line)
		}
	}
	src.files[name] = f
}

// agrees tells whether the function of a frame is the one that the source has at its line.
func (src *source) agrees(f stacks.Frame) bool {
	decl := src.decl(f)
	if decl == nil {
		return src.files[f.File].text[f.Line] != "" // a function literal outside of all functions
	}
	name := wrapperName.ReplaceAllString(f.Name(), "")
	return slices.Contains(strings.Split(strings.ReplaceAll(name, "[...]", ""), "."), decl.Name.Name)
}

// check finds out what each name in the files stands for. Imports are not followed and errors do not
// matter: what stays unknown is treated as such.
func (src *source) check() {
	packages := map[string][]*ast.File{}
	for name, f := range src.files {
		key := filepath.Dir(name) + " " + f.syntax.Name.Name
		packages[key] = append(packages[key], f.syntax)
	}
	conf := types.Config{Importer: noImports{}, Error: func(error) {}}
	for key, files := range packages {
		_, _ = conf.Check(key, src.fset, files, &src.info)
	}
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) {
	return nil, errors.New("imports are not followed")
}

func (src *source) line(pos token.Pos) int { return src.fset.Position(pos).Line }

// covers tells whether a node has a part on the line.
func (src *source) covers(n ast.Node, line int) bool {
	return src.line(n.Pos()) <= line && line <= src.line(n.End())
}

// text is the line of a frame as the student wrote it, empty if unknown.
func (src *source) text(f stacks.Frame) string {
	if file := src.files[f.File]; file != nil {
		return file.text[f.Line]
	}
	return ""
}

// decl is the function declaration around a frame's line, nil if there is none.
func (src *source) decl(f stacks.Frame) *ast.FuncDecl {
	file := src.files[f.File]
	if file == nil {
		return nil
	}
	for _, d := range file.syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && src.covers(fn, f.Line) {
			return fn
		}
	}
	return nil
}

// The compiler's names: F.func1.2 is a literal in a literal of F, F.gowrap1 what go calls, and
// F-range1 the body of a loop over a function.
var (
	literalName = regexp.MustCompile(`\.func\d+(\.\d+)*$`)
	wrapperName = regexp.MustCompile(`\.(gowrap|deferwrap)\d+$|-range\d+|-fm$`)
)

// scope is the function that a frame is in: a declaration or, inside of it, a function literal.
func (src *source) scope(f stacks.Frame) ast.Node {
	decl := src.decl(f)
	if decl == nil {
		return nil
	}
	var scope ast.Node = decl
	if !literalName.MatchString(wrapperName.ReplaceAllString(f.Name(), "")) {
		return scope
	}
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && src.covers(lit, f.Line) {
			// What stands on a literal's first line is around it, unless all of it stands there.
			if src.line(lit.Pos()) < f.Line || src.line(lit.End()) == f.Line {
				scope = lit
			}
		}
		return true
	})
	return scope
}

// body is the block of a scope, nil if the scope is not known.
func body(scope ast.Node) *ast.BlockStmt {
	switch fn := scope.(type) {
	case *ast.FuncDecl:
		return fn.Body
	case *ast.FuncLit:
		return fn.Body
	}
	return nil
}
