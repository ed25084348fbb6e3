package memnet

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seen are the functions that the detector sees, so that its reports name their callers. They may call
// methods of their receiver, but touch no field.
var seen = []string{"Conn.Read", "Conn.Write"}

// A function that lacks its //go:norace, or that uses what the runtime reports on its own account,
// makes the detector blame this package for what a student did not do. It need not come to light in
// a test, so the source is held to it.
func TestSourceIsHiddenFromTheDetector(t *testing.T) {
	fset := token.NewFileSet()
	functions := 0
	for _, name := range sourceFiles(t) {
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				functions++
				for _, complaint := range complaints(f) {
					t.Errorf("%s: %s: %s", fset.Position(f.Pos()), funcName(f), complaint)
				}
			}
		}
	}
	assert.NotZero(t, functions)
}

// sourceFiles returns the names of the files of this package but for its tests.
func sourceFiles(t *testing.T) []string {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	require.NotEmpty(t, names)
	return names
}

// hidden begins the declaration of a function that the detector does not see.
const hidden = "//go:norace\n"

func TestSourceThatTheDetectorSeesIsFound(t *testing.T) {
	for source, want := range map[string]string{
		"func g() { n++ }":                          "lacks //go:norace",
		"func (c *Conn) Read() { c.mu.Lock() }":     "touches mu",
		"func (c *Conn) Read() { c.f(c.closed) }":   "touches closed",
		hidden + "func g() { copy(a, b) }":          "uses copy",
		hidden + "func g() { a = append(a, 1) }":    "uses append",
		hidden + "func g() { clear(a) }":            "uses clear",
		hidden + "func g() { go f() }":              "uses a go statement",
		hidden + "func g() { f(func() {}) }":        "uses a closure",
		hidden + "func g() { c <- 1 }":              "uses a channel",
		hidden + "func g() { <-c }":                 "uses a channel",
		hidden + "func g() { _ = string(b) }":       "uses string",
		hidden + "func g() { _ = []byte(s) }":       "uses a conversion to a slice",
		hidden + "func g() { _ = make(map[K]int) }": "uses a map",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", "package p\n\n"+source, parser.ParseComments)
		require.NoError(t, err, source)
		assert.Equal(t, []string{want}, complaints(file.Decls[0].(*ast.FuncDecl)), source)
	}
}

// complaints returns why the detector might see more of f than it should.
func complaints(f *ast.FuncDecl) []string {
	var all []string
	isHidden := f.Doc != nil && slices.ContainsFunc(f.Doc.List, func(c *ast.Comment) bool { return c.Text+"\n" == hidden })
	if !isHidden && !slices.Contains(seen, funcName(f)) {
		all = append(all, "lacks //go:norace")
	}
	methods := make(map[ast.Node]bool)
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if what := visible(n); what != "" {
			all = append(all, "uses "+what)
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			methods[n.Fun] = true
		case *ast.SelectorExpr:
			if !isHidden && !methods[n] && isReceiver(f, n.X) {
				all = append(all, "touches "+n.Sel.Name)
			}
		}
		return true
	})
	return all
}

// visible returns what n is, if it is seen by the detector in any function, and otherwise "".
func visible(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a go statement"
	case *ast.FuncLit:
		return "a closure"
	case *ast.SendStmt, *ast.ChanType, *ast.SelectStmt:
		return "a channel"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "a channel"
		}
	case *ast.MapType:
		return "a map"
	case *ast.CallExpr:
		switch called := n.Fun.(type) {
		case *ast.ArrayType:
			return "a conversion to a slice"
		case *ast.Ident:
			if slices.Contains([]string{"append", "copy", "string", "clear"}, called.Name) {
				return called.Name
			}
		}
	}
	return ""
}

func isReceiver(f *ast.FuncDecl, x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && f.Recv != nil && f.Recv.List[0].Names[0].Name == name.Name
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	recv := f.Recv.List[0].Type
	if star, ok := recv.(*ast.StarExpr); ok {
		recv = star.X
	}
	return recv.(*ast.Ident).Name + "." + f.Name.Name
}
