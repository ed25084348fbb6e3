package gate

import (
	"go/importer"
	"go/token"
	"go/types"
	"go/version"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

// export is the compiler's own account of a package.
type export struct{ name, file string }

// exports asks the go command for packages and all that they import, as they are in a race build.
func exports(t testing.TB, paths ...string) map[string]export {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-export", "-race", "-deps", "-f", "{{.ImportPath}}\t{{.Name}}\t{{.Export}}"}, paths...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	all := map[string]export{}
	for line := range strings.Lines(string(out)) {
		words := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, words, 3)
		all[words[0]] = export{words[1], words[2]}
	}
	return all
}

// The compiler knows what a package is called and what it exports; the answers have to know the same.
func TestEveryNameHasAnAnswer(t *testing.T) {
	paths := slices.Sorted(maps.Keys(table))
	all := exports(t, paths...)
	compiler := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(all[path].file) })
	for _, path := range paths {
		pkg, err := compiler.Import(path)
		require.NoError(t, err)
		assert.Equal(t, all[path].name, table[path].name, path)
		assert.Equal(t, pkg.Name(), table[path].name, path)
		real := map[string]string{}
		for _, name := range pkg.Scope().Names() {
			o := pkg.Scope().Lookup(name)
			if !o.Exported() {
				continue
			}
			real[name] = kindOf(o)
			for _, method := range methodsOf(o) {
				real[name+"."+method] = "method"
			}
			if v, ok := o.(*types.Var); ok && table[path].names[name].rule == "" && table[path].names[name].reason == "" {
				assert.True(t, hasOnlyItsValue(v.Type()), "%s.%s is a %s: whoever has it can change what it points to; refuse it, or write down why not", path, name, v.Type())
			}
		}
		for name, kind := range real {
			assert.Equal(t, kind, table[path].names[name].kind, "%s.%s needs an answer in the folder api: what could it change, or tell?", path, name)
		}
		for name, a := range table[path].names {
			if a.since == "" || version.Compare(runtime.Version(), a.since) >= 0 {
				assert.Contains(t, real, name, "%s has no such name", path)
			}
			if a.rule != "" || a.only != nil {
				assert.NotEmpty(t, a.reason, "%s.%s", path, name)
			}
			for _, use := range a.only {
				use, _, _ = strings.Cut(use, "!")
				if use == "*" || use == "(0)" {
					continue
				}
				dot := strings.LastIndexByte(use, '.')
				if path, function := use[:dot], use[dot+1:]; path != "" && assert.Contains(t, table, path) {
					assert.Equal(t, "func", table[path].names[function].kind, use)
				}
			}
		}
	}
}

func kindOf(o types.Object) string {
	switch o.(type) {
	case *types.Const:
		return "const"
	case *types.TypeName:
		return "type"
	case *types.Var:
		return "var"
	}
	return "func"
}

// methodsOf lists the exported methods of a type, with those of what is embedded in it.
func methodsOf(o types.Object) []string {
	named, ok := o.Type().(*types.Named)
	if _, isType := o.(*types.TypeName); !ok || !isType || named.Obj() != o {
		return nil
	}
	var names []string
	set := types.NewMethodSet(types.NewPointer(named))
	if types.IsInterface(named) {
		set = types.NewMethodSet(named)
	}
	for i := range set.Len() {
		if m := set.At(i).Obj(); m.Exported() {
			names = append(names, m.Name())
		}
	}
	return names
}

// hasOnlyItsValue tells whether a variable cannot be changed through a copy of it: an error, a number, a struct of such. An
// error could be a pointer; those that the standard library has are to what is not exported.
func hasOnlyItsValue(typ types.Type) bool {
	switch u := typ.Underlying().(type) {
	case *types.Basic, *types.Interface:
		return true
	case *types.Struct:
		for f := range u.Fields() {
			if !hasOnlyItsValue(f.Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// What a lab.toml adds is looked at by name as well.
func TestPackagesOfLabsHaveAnswers(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	labs, err := lab.All(root)
	require.NoError(t, err)
	added := map[string]bool{}
	for _, l := range labs {
		for _, path := range l.Imports {
			added[path] = true
			assert.Contains(t, table, path, "lab %s imports it", l.ID)
		}
	}
	for path, a := range table {
		assert.NotEqual(t, a.everywhere, added[path], path)
	}
}

func TestInstalledGoHasTheNamesOfItsPackages(t *testing.T) {
	for _, path := range []string{"os", "io", "slices", "math/rand/v2"} {
		names := exported(path)
		require.NotEmpty(t, names, path)
		for name, one := range table[path].names {
			assert.True(t, one.kind == "method" || names[name], "%s.%s", path, name)
		}
	}
	assert.True(t, table["os"].declared("Exit"))
	assert.False(t, table["os"].declared("Opne"))
	assert.False(t, table["os"].declared("checkPidfd"))
}

func TestMistakesInAnswersAreFound(t *testing.T) {
	for _, text := range []string{"", "package os\n", "package os \"os\"\nfunction Exit\n", "package os \"os\"\nfunc\n", "package os \"os\"\nfunc Exit Exit\n",
		"package os \"os\"\nfunc refuse Exit\n", "package os \"os\"\nfunc refuse nothing Exit\n"} {
		_, err := load(text)
		assert.Error(t, err, text)
	}
}
