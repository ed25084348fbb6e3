package main

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

// A kitPackage is one of ours: what its first sentence says, and on which others it stands.
type kitPackage struct {
	doc     string
	imports []string // by the names that docs/architecture.md has for them
	files   []string // without tests
}

// kitPackages are all packages of the harness, and those below a lab that its checks bring along, by name: memnet, perturb/engine, labs/04/disk. The
// command line is "harness".
func kitPackages(t *testing.T, root string) map[string]kitPackage {
	t.Helper()
	all := map[string]kitPackage{}
	walk := func(at string) {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, at), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "testdata" || d.Name() == "cmd" {
				return fs.SkipDir
			}
			rest, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			rest = filepath.ToSlash(rest)
			if rest == "labs" || strings.Count(rest, "/") == 1 && strings.HasPrefix(rest, "labs/") {
				return nil // the labs themselves
			}
			pkg, err := build.ImportDir(path, build.ImportComment)
			if _, none := err.(*build.NoGoError); none {
				return nil
			}
			if err != nil {
				return err
			}
			p := kitPackage{doc: pkg.Doc}
			for _, other := range pkg.Imports {
				if name, ok := strings.CutPrefix(other, "lockstep/"); ok {
					p.imports = append(p.imports, strings.TrimPrefix(name, "harness/"))
				}
			}
			for _, name := range pkg.GoFiles {
				p.files = append(p.files, filepath.Join(path, name))
			}
			all[strings.TrimPrefix(rest, "harness/")] = p
			return nil
		}))
	}
	walk("harness")
	walk("labs")
	return all
}

// A row of the map: | `memnet` | what for | `norace`, `stacks` |
var (
	mapRow  = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|[^|]*\\|([^|]*)\\|$")
	quoted  = regexp.MustCompile("`([^`]+)`")
	mapPart = regexp.MustCompile(`(?m)^## (.*)$`)
)

// The map is docs/architecture.md: every package is on it, in the group that its first sentence names, with the arrows that it has.
func TestTheMapIsTheTerritory(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	require.NoError(t, err)
	there := kitPackages(t, root)
	drawn := map[string]bool{}
	parts := mapPart.FindAllStringSubmatchIndex(string(text), -1)
	for i, part := range parts {
		end := len(text)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		group := strings.ToLower(string(text[part[2]:part[3]]))
		for _, row := range mapRow.FindAllStringSubmatch(string(text[part[1]:end]), -1) {
			name := row[1]
			p, ok := there[name]
			if !assert.True(t, ok, "docs/architecture.md has %s, and there is no such package", name) {
				continue
			}
			drawn[name] = true
			var arrows []string
			for _, other := range quoted.FindAllStringSubmatch(row[2], -1) {
				arrows = append(arrows, other[1])
			}
			slices.Sort(arrows)
			slices.Sort(p.imports)
			assert.Equal(t, p.imports, arrows, "docs/architecture.md: what %s stands on", name)
			if !strings.HasPrefix(name, "labs/") {
				assert.Contains(t, p.doc, group, "the first sentence of %s says to which group it belongs", name)
			}
		}
	}
	delete(there, "harness") // which stands on all of them
	for _, name := range slices.Sorted(maps.Keys(there)) {
		assert.True(t, drawn[name], "docs/architecture.md does not have %s", name)
	}
}

// ofALab finds what belongs to one lab: its packages, and the words of its protocol, its files and its commands.
var ofALab = regexp.MustCompile(`lockstep/labs/\d|\b(SEND|READY|all_received|REGISTER|LOGIN|LOGOUT|BROADCAST|TERMINATE)\b`)

// What one lab alone has, lives with that lab. The lecture's demo shows lab 04, and may name it; but the kit builds without any lab, for students are
// given some of them, and Gradescope one.
func TestTheHarnessKnowsNoLab(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	for name, p := range kitPackages(t, root) {
		if strings.HasPrefix(name, "labs/") {
			continue
		}
		for _, other := range p.imports {
			assert.False(t, strings.HasPrefix(other, "labs/"), "%s imports %s", name, other)
		}
		if name == "demo" || name == "demo/script" {
			continue
		}
		for _, file := range p.files {
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, file, nil, 0)
			require.NoError(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					assert.NotRegexp(t, ofALab, lit.Value, "%s", set.Position(lit.Pos()))
				}
				return true
			})
		}
	}
}
