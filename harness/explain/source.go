package explain

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lockstep/harness/race"
	"lockstep/harness/stacks"
)

// A program is what could be read of the student's files that one report names. Lines are those of
// the report: a //line directive in a file has been followed.
type program struct {
	own   race.Own
	fset  *token.FileSet
	files map[string]*file // by their name in the report; only those that are what ran
	info  types.Info

	declared map[token.Pos]string // the types of variables and fields, as written
}

type file struct {
	syntax *ast.File
	text   map[int]string // the lines, without indentation
}

// load reads the student's files in a report. A file that is missing, does not parse, or has other
// functions at those lines than the report says is left out: no word is better than a wrong one.
func load(r race.Report, own race.Own, read func(string) ([]byte, error)) *program {
	p := &program{
		own:   own,
		fset:  token.NewFileSet(),
		files: map[string]*file{},

		declared: map[token.Pos]string{},
		info: types.Info{
			Types:      map[ast.Expr]types.TypeAndValue{},
			Defs:       map[*ast.Ident]types.Object{},
			Uses:       map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
	}
	frames := slices.DeleteFunc(
		slices.Concat(r.Now.Stack, r.Before.Stack, r.Now.Created, r.Before.Created),
		func(f stacks.Frame) bool { return !own.Has(f) })
	tried := map[string]bool{}
	for _, f := range frames {
		if !tried[f.File] {
			tried[f.File] = true
			p.read(f.File, read)
		}
	}
	for _, f := range frames {
		if p.files[f.File] != nil && !p.agrees(f) {
			delete(p.files, f.File)
		}
	}
	p.check()
	return p
}

func (p *program) read(name string, read func(string) ([]byte, error)) {
	data, err := read(name)
	if err != nil {
		return
	}
	syntax, err := parser.ParseFile(p.fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return
	}
	p.noteTypes(syntax)
	f := &file{syntax: syntax, text: map[int]string{}}
	tf := p.fset.File(syntax.FileStart)
	lines := strings.Split(string(data), "\n")
	for _, group := range syntax.Comments {
		for _, c := range group.List { // what stands behind a statement is not part of it
			line := tf.PositionFor(c.Pos(), false).Line - 1
			lines[line] = lines[line][:min(len(lines[line]), tf.Offset(c.Pos())-tf.Offset(tf.LineStart(line+1)))]
		}
	}
	for i, line := range lines {
		if i < tf.LineCount() {
			f.text[p.line(tf.LineStart(i+1))] = strings.TrimSpace(line)
		}
	}
	p.files[name] = f
}

// agrees tells whether the function of a frame is the one that the source has at its line.
func (p *program) agrees(f stacks.Frame) bool {
	decl := p.decl(f)
	if decl == nil {
		return p.files[f.File].text[f.Line] != "" // a function literal outside of all functions
	}
	name := wrapperName.ReplaceAllString(f.Name(), "")
	return slices.Contains(strings.Split(strings.ReplaceAll(name, "[...]", ""), "."), decl.Name.Name)
}

// check finds out what each name in the files stands for. Imports are not followed and errors do not
// matter: what stays unknown is treated as such.
func (p *program) check() {
	packages := map[string][]*ast.File{}
	for name, f := range p.files {
		key := filepath.Dir(name) + " " + f.syntax.Name.Name
		packages[key] = append(packages[key], f.syntax)
	}
	conf := types.Config{Importer: noImports{}, Error: func(error) {}}
	for key, files := range packages {
		_, _ = conf.Check(key, p.fset, files, &p.info)
	}
}

// noteTypes remembers how variables and fields are declared, for types of packages that are not read.
func (p *program) noteTypes(f *ast.File) {
	note := func(names []*ast.Ident, t ast.Expr) {
		for _, name := range names {
			p.declared[name.Pos()] = types.ExprString(t)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			note(n.Names, n.Type)
		case *ast.ValueSpec:
			if n.Type != nil {
				note(n.Names, n.Type)
			}
		case *ast.AssignStmt:
			if len(n.Lhs) == 1 && len(n.Rhs) == 1 && n.Tok == token.DEFINE {
				id, isName := n.Lhs[0].(*ast.Ident)
				lit, isLit := n.Rhs[0].(*ast.CompositeLit)
				if isName && isLit && lit.Type != nil {
					note([]*ast.Ident{id}, lit.Type)
				}
			}
		}
		return true
	})
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) {
	return nil, errors.New("imports are not followed")
}

func (p *program) line(pos token.Pos) int { return p.fset.Position(pos).Line }

// covers tells whether a node has a part on the line.
func (p *program) covers(n ast.Node, line int) bool {
	return p.line(n.Pos()) <= line && line <= p.line(n.End())
}

// text is the line of a frame as the student wrote it, empty if unknown.
func (p *program) text(f stacks.Frame) string {
	if file := p.files[f.File]; file != nil {
		return file.text[f.Line]
	}
	return ""
}

// decl is the function declaration around a frame's line, nil if there is none.
func (p *program) decl(f stacks.Frame) *ast.FuncDecl {
	file := p.files[f.File]
	if file == nil {
		return nil
	}
	for _, d := range file.syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && p.covers(fn, f.Line) {
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
func (p *program) scope(f stacks.Frame) ast.Node {
	decl := p.decl(f)
	if decl == nil {
		return nil
	}
	var scope ast.Node = decl
	if !literalName.MatchString(wrapperName.ReplaceAllString(f.Name(), "")) {
		return scope
	}
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && p.covers(lit, f.Line) {
			// What stands on a literal's first line is around it, unless all of it stands there.
			if p.line(lit.Pos()) < f.Line || p.line(lit.End()) == f.Line {
				scope = lit
			}
		}
		return true
	})
	return scope
}

// body is the block of a scope.
func body(scope ast.Node) *ast.BlockStmt {
	switch fn := scope.(type) {
	case *ast.FuncDecl:
		return fn.Body
	case *ast.FuncLit:
		return fn.Body
	}
	return nil
}

// object is what a name stands for, nil if unknown.
func (p *program) object(id *ast.Ident) types.Object {
	if obj := p.info.Uses[id]; obj != nil {
		return obj
	}
	return p.info.Defs[id]
}

// typeOf is the type of an expression, nil if unknown.
func (p *program) typeOf(e ast.Expr) types.Type {
	t := p.info.TypeOf(e)
	if t == nil || t == types.Typ[types.Invalid] {
		return nil
	}
	return t
}
