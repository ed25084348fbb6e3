package perturb

import (
	"go/ast"
	"path"
	"strconv"
)

// dropIns are the packages that a student's file gets in the place of the standard library's. They have the same names, so that nothing else changes.
var dropIns = map[string]string{"sync": syncPath, "sync/atomic": syncPath + "/atomic"}

// swapSync makes imports of sync and sync/atomic import the drop-ins. An import that nothing in the file uses stays: the compiler is going to complain
// about it by its path.
func (f *file) swapSync() {
	used := f.packagesUsed()
	for _, spec := range f.syntax.Imports {
		from := importPath(spec)
		to, ok := dropIns[from]
		if !ok {
			continue
		}
		name := path.Base(from)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." || used[name] {
			f.replace(spec.Path.Pos(), spec.Path.End(), strconv.Quote(to))
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
