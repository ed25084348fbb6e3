package sync_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	standard "sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/perturb/sync"
)

// exported lists the names that the package in a folder exports on its top level.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	pkg, err := build.ImportDir(dir, 0)
	require.NoError(t, err)
	names := map[string]bool{}
	note := func(id *ast.Ident) {
		if id.IsExported() {
			names[id.Name] = true
		}
	}
	for _, name := range pkg.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					note(d.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						note(s.Name)
					case *ast.ValueSpec:
						for _, id := range s.Names {
							note(id)
						}
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// A newer Go may have more in its sync than this package has.
func TestNamesAreThoseOfTheStandardLibrary(t *testing.T) {
	want := exported(t, filepath.Join(build.Default.GOROOT, "src", "sync"))
	assert.Contains(t, want, "WaitGroup")
	assert.Equal(t, want, exported(t, "."))
}

func TestMethodsAreThoseOfTheStandardLibrary(t *testing.T) {
	for _, types := range [][2]reflect.Type{
		{reflect.TypeFor[*standard.Mutex](), reflect.TypeFor[*sync.Mutex]()},
		{reflect.TypeFor[*standard.RWMutex](), reflect.TypeFor[*sync.RWMutex]()},
		{reflect.TypeFor[*standard.WaitGroup](), reflect.TypeFor[*sync.WaitGroup]()},
	} {
		want, got := types[0], types[1]
		assert.Equal(t, want.String(), got.String())
		assert.Equal(t, want.Elem().Comparable(), got.Elem().Comparable())
		require.Equal(t, want.NumMethod(), got.NumMethod(), want)
		for i := range want.NumMethod() {
			assert.Equal(t, want.Method(i).Name, got.Method(i).Name)
			assert.Equal(t, want.Method(i).Type.String(), got.Method(i).Type.String(), want.Method(i).Name)
		}
	}
}
