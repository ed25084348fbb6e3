package explain

import (
	"go/ast"
	"go/types"
)

// ownerOf is the struct type that an expression is a field of, or an element of such a field.
func (ns *names) ownerOf(e ast.Expr) *types.TypeName {
	if e == nil {
		return nil
	}
	field, ok := ns.identity(e).obj.(*types.Var)
	if !ok || !field.IsField() {
		return nil
	}
	for _, obj := range ns.info.Defs {
		name, ok := obj.(*types.TypeName)
		if !ok {
			continue
		}
		s, ok := name.Type().Underlying().(*types.Struct)
		for i := 0; ok && i < s.NumFields(); i++ {
			if s.Field(i) == field {
				return name
			}
		}
	}
	return nil
}

// home is the outermost struct that an expression is a part of, and the field of it that leads to
// the expression: for s.stats.lines, s.stats in Server. The struct further in is taken if it has a
// mutex.
func (ns *names) home(e ast.Expr) (field *ast.SelectorExpr, owner *types.TypeName) {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.UnaryExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.SelectorExpr:
			outer := ns.ownerOf(x)
			if outer == nil {
				return field, owner
			}
			field, owner = x, outer
			t := ns.typeOf(x.X)
			if t == nil || len(ns.mutexesOf(owner)) > 0 {
				return field, owner
			}
			if _, ok := t.Underlying().(*types.Struct); !ok {
				return field, owner
			}
			e = x.X
		default:
			return field, owner
		}
	}
}

// mutexesOf lists the fields of a struct that are mutexes.
func (ns *names) mutexesOf(owner *types.TypeName) []string {
	var found []string
	if s, ok := owner.Type().Underlying().(*types.Struct); ok {
		for field := range s.Fields() {
			if ns.isMutex(field) {
				found = append(found, field.Name())
			}
		}
	}
	return found
}
