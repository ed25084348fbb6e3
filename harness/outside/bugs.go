package outside

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"lockstep/harness/lab"
)

// A Bug is one that somebody else has made, or its corrected form.
type Bug struct {
	Name  string
	Class string
	Right bool     // nothing may be found
	Left  []string // which goroutines it leaves behind, as regular expressions for function and state
}

// Race is the class of the patterns. Those of the kernels are GoBench's: Resource, Communication, Mixed.
const Race = "Data race"

// Where Go has the kernels, and what its own test expects of them.
const (
	kernels  = "src/runtime/testdata/testgoroutineleakprofile/goker"
	expected = "src/runtime/goroutineleakprofile_test.go"
)

// patterns is where the patterns of data races are, below the root.
var patterns = filepath.Join("harness", "outside", "testdata", "patterns")

// Bugs are all that there are, with the files that they are in, as these are to be compiled.
func Bugs(goroot, root string) (bugs []Bug, files []lab.File, err error) {
	bugs, files, err = Kernels(goroot)
	if err != nil {
		return nil, nil, err
	}
	more, err := lab.Read(filepath.Join(root, patterns))
	if err != nil {
		return nil, nil, err
	}
	for i, f := range more {
		more[i].Name = filepath.Join(root, patterns, f.Name)
		file, err := parser.ParseFile(token.NewFileSet(), f.Name, f.Data, 0)
		if err != nil {
			return nil, nil, err
		}
		calls(file, func(f string, args []string) {
			if f == "register" {
				_, _, right := strings.Cut(args[0], ", right")
				bugs = append(bugs, Bug{Name: args[0], Class: Race, Right: right})
			}
		})
	}
	return bugs, append(files, more...), nil
}

// Kernels reads the kernels of the Go installation at goroot, as they are to be compiled.
func Kernels(goroot string) (bugs []Bug, files []lab.File, err error) {
	dir := filepath.Join(goroot, filepath.FromSlash(kernels))
	classes, err := classes(filepath.Join(dir, "README.md"))
	if err != nil {
		return nil, nil, err
	}
	left, err := leftBehind(filepath.Join(goroot, filepath.FromSlash(expected)))
	if err != nil {
		return nil, nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), ".go")
		if base == "main" { // the program has its own
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		registered, text, err := once(name, text)
		if err != nil {
			return nil, nil, err
		}
		bugs = append(bugs, Bug{Name: registered, Class: classes[base], Left: left[registered]})
		files = append(files, lab.File{Name: name, Data: text})
	}
	return bugs, files, nil
}

// once makes a kernel run once. Go repeats most of them up to 10,000 times in a process, in a loop, so that they show more often; but where a round depends on
// its number all are left. And it lets a kernel print a short profile instead of that of leaks, which collects garbage.
func once(name string, text []byte) (registered string, changed []byte, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, 0)
	if err != nil {
		return "", nil, err
	}
	calls(file, func(f string, args []string) {
		if f == "register" {
			registered = args[0]
		}
	})
	f, ok := file.Scope.Lookup(registered).Decl.(*ast.FuncDecl)
	if !ok {
		return "", nil, fmt.Errorf("%s: no function is registered", name)
	}
	done := 0
	for _, s := range f.Body.List {
		loop, ok := s.(*ast.ForStmt)
		if !ok || loop.Cond == nil || usesItsVariable(loop) {
			continue
		}
		changed = append(changed, text[done:set.Position(loop.Cond.Pos()).Offset]...)
		changed = append(changed, "i == 0"...)
		done = set.Position(loop.Cond.End()).Offset
	}
	changed = append(changed, text[done:]...)
	return registered, bytes.ReplaceAll(changed, []byte(`"goroutineleak"`), []byte(`"threadcreate"`)), nil
}

func usesItsVariable(loop *ast.ForStmt) (uses bool) {
	init, ok := loop.Init.(*ast.AssignStmt)
	if !ok {
		return true
	}
	variable := init.Lhs[0].(*ast.Ident)
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		uses = uses || ok && id.Obj != nil && id.Obj == variable.Obj
		return true
	})
	return uses || variable.Name != "i"
}

// leftBehind reads which goroutines each kernel leaves behind, by Go's own test.
func leftBehind(name string) (map[string][]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		return nil, err
	}
	left := map[string][]string{}
	calls(file, func(f string, args []string) {
		if f == "makeTest" || f == "makeFlakyTest" {
			left[args[0]] = args[1:]
		}
	})
	return left, nil
}

// calls finds the calls of functions whose first argument is a string. Others of their arguments that are none are left out.
func calls(file *ast.File, found func(f string, args []string)) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.Ident)
		if !ok {
			return true
		}
		var args []string
		for _, arg := range call.Args {
			if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value) // the parser has looked at it
				args = append(args, text)
			}
		}
		if len(args) > 0 {
			found(f.Name, args)
		}
		return true
	})
}

// A row of the kernels' README: |[etcd#7492]|[pull request]|[patch]| Mixed | Channel & Lock |
var row = regexp.MustCompile(`(?m)^\|\[(\w+)#(\d+)\]\|.*\| *(\w+) *\|[^|]*\|\s*$`)

func classes(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		all[m[1]+m[2]] = m[3]
	}
	return all, nil
}
