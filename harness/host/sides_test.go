package host_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Which side of the process border something is on can be seen by its file, and neither side uses the other's.
func TestNeitherSideUsesTheOther(t *testing.T) {
	child, parent := files(t, "child*.go"), files(t, "parent*.go")
	assert.Contains(t, declared(child), "Serve")
	assert.Contains(t, declared(parent), "Start")
	for name := range mentioned(child) {
		assert.NotContains(t, declared(parent), name, "a file of the child's uses it")
	}
	for name := range mentioned(parent) {
		assert.NotContains(t, declared(child), name, "a file of the parent's uses it")
	}
	all := append(append(child, parent...), files(t, "host.go")...)
	assert.Len(t, append(all, files(t, "pipe.go")...), len(files(t, "*.go"))-len(files(t, "*_test.go")), "a file is on neither side")
}

func files(t *testing.T, pattern string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, names, pattern)
	var all []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		all = append(all, f)
	}
	return all
}

// declared are the names of the package that the files declare.
func declared(files []*ast.File) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		for name := range f.Scope.Objects {
			names[name] = true
		}
	}
	return names
}

// mentioned are names that the files use and do not declare.
func mentioned(files []*ast.File) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		for _, id := range f.Unresolved {
			names[id.Name] = true
		}
	}
	return names
}
