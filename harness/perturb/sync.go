package perturb

import (
	"go/ast"
	"strconv"
)

// swapSync makes imports of sync import the drop-in. Its package is named sync too, so that nothing
// else changes. An import that nothing in the file uses stays: the compiler is going to complain
// about it by its path.
func (f *file) swapSync() {
	for _, spec := range f.syntax.Imports {
		if importPath(spec) == "sync" && f.uses(spec) {
			f.replace(spec.Path.Pos(), spec.Path.End(), strconv.Quote(syncPath))
		}
	}
}

// uses tells whether the imported package is spoken of in the file.
func (f *file) uses(spec *ast.ImportSpec) bool {
	name := "sync"
	if spec.Name != nil {
		name = spec.Name.Name
	}
	used := name == "."
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			id, ok := sel.X.(*ast.Ident)
			used = used || ok && id.Name == name
		}
		return !used
	})
	return used
}
