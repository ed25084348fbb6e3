package perturb

import (
	"go/ast"
	"strconv"
)

// swapSync makes imports of sync import the drop-in. Its package is named sync too, so that nothing
// else changes. An import that nothing in the file uses stays: the compiler is going to complain
// about it by its path.
func (f *file) swapSync() {
	used := f.packagesUsed()
	for _, spec := range f.syntax.Imports {
		name := "sync"
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if importPath(spec) == "sync" && (name == "." || used[name]) {
			f.replace(spec.Path.Pos(), spec.Path.End(), strconv.Quote(syncPath))
		}
	}
}

// packagesUsed has the names in the file that stand before a dot, those of imported packages among them.
func (f *file) packagesUsed() map[string]bool {
	used := map[string]bool{}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	return used
}
