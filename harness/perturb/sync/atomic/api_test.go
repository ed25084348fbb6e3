package atomic_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	standard "sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/perturb/sync/atomic"
)

// exported lists what the package in a folder exports on its top level, functions with their types.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	pkg, err := build.ImportDir(dir, 0)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, name := range pkg.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for name := range exportedIn(f) {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func exportedIn(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				names[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() {
					names[s.Name.Name] = true
				}
			}
		}
	}
	return names
}

// A newer Go may have more in its sync/atomic than this package has.
func TestNamesAreThoseOfTheStandardLibrary(t *testing.T) {
	want := exported(t, filepath.Join(build.Default.GOROOT, "src", "sync", "atomic"))
	assert.Contains(t, want, "AddInt64")
	assert.Equal(t, want, exported(t, "."))
}

func TestMethodsAreThoseOfTheStandardLibrary(t *testing.T) {
	for _, types := range [][2]reflect.Type{
		{reflect.TypeFor[*standard.Int32](), reflect.TypeFor[*atomic.Int32]()},
		{reflect.TypeFor[*standard.Int64](), reflect.TypeFor[*atomic.Int64]()},
		{reflect.TypeFor[*standard.Uint32](), reflect.TypeFor[*atomic.Uint32]()},
		{reflect.TypeFor[*standard.Uint64](), reflect.TypeFor[*atomic.Uint64]()},
		{reflect.TypeFor[*standard.Uintptr](), reflect.TypeFor[*atomic.Uintptr]()},
		{reflect.TypeFor[*standard.Bool](), reflect.TypeFor[*atomic.Bool]()},
		{reflect.TypeFor[*standard.Value](), reflect.TypeFor[*atomic.Value]()},
		{reflect.TypeFor[*standard.Pointer[int]](), reflect.TypeFor[*atomic.Pointer[int]]()},
	} {
		want, got := types[0], types[1]
		assert.Equal(t, want.String(), got.String())
		require.Equal(t, want.NumMethod(), got.NumMethod(), want)
		for i := range want.NumMethod() {
			assert.Equal(t, want.Method(i).Name, got.Method(i).Name)
			method := func(of reflect.Type) []string { // without the receiver
				var all []string
				f := of.Method(i).Type
				for n := 1; n < f.NumIn(); n++ {
					all = append(all, f.In(n).String())
				}
				for n := range f.NumOut() {
					all = append(all, f.Out(n).String())
				}
				return all
			}
			assert.Equal(t, method(want), method(got), want.Method(i).Name)
		}
	}
}

func TestOperationsAreDone(t *testing.T) {
	var n atomic.Int64
	n.Store(5)
	assert.EqualValues(t, 7, n.Add(2))
	assert.True(t, n.CompareAndSwap(7, 12))
	assert.EqualValues(t, 12, n.Swap(1))
	assert.EqualValues(t, 1, n.Or(6))
	assert.EqualValues(t, 7, n.And(3))
	assert.EqualValues(t, 3, n.Load())
	var plain uint32
	assert.EqualValues(t, 3, atomic.AddUint32(&plain, 3))
	assert.EqualValues(t, 3, atomic.LoadUint32(&plain))
	var p atomic.Pointer[int]
	assert.True(t, p.CompareAndSwap(nil, new(int)))
	assert.NotNil(t, p.Load())
}

// The race detector sees the order that the operations make.
func TestOperationsOrder(t *testing.T) {
	var ready atomic.Bool
	shared := 0
	go func() {
		shared = 1
		ready.Store(true)
	}()
	for !ready.Load() {
		runtime.Gosched()
	}
	assert.Equal(t, 1, shared)
}
