package explain

import (
	"go/ast"
	"go/token"
	"go/types"
)

// names are what is known of the names in the student's files: what each stands for, and of which type it is. Where
// they are used, and in which function, is the business of the [source].
type names struct {
	info     types.Info
	declared map[token.Pos]string // the types of variables and fields, as written
}

func noNames() names {
	return names{
		info: types.Info{
			Types:      map[ast.Expr]types.TypeAndValue{},
			Defs:       map[*ast.Ident]types.Object{},
			Uses:       map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
		declared: map[token.Pos]string{},
	}
}

// noteTypes remembers how variables and fields are declared, for types of packages that are not read.
func (ns *names) noteTypes(f *ast.File) {
	note := func(ids []*ast.Ident, t ast.Expr) {
		for _, name := range ids {
			ns.declared[name.Pos()] = types.ExprString(t)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			note(n.Names, n.Type)
		case *ast.ValueSpec:
			if n.Type != nil {
				note(n.Names, n.Type)
			}
		case *ast.AssignStmt:
			if len(n.Lhs) == 1 && len(n.Rhs) == 1 && n.Tok == token.DEFINE {
				id, isName := n.Lhs[0].(*ast.Ident)
				lit, isLit := n.Rhs[0].(*ast.CompositeLit)
				if isName && isLit && lit.Type != nil {
					note([]*ast.Ident{id}, lit.Type)
				}
			}
		}
		return true
	})
}

// object is what a name stands for, nil if unknown.
func (ns *names) object(id *ast.Ident) types.Object {
	if obj := ns.info.Uses[id]; obj != nil {
		return obj
	}
	return ns.info.Defs[id]
}

// typeOf is the type of an expression, nil if unknown.
func (ns *names) typeOf(e ast.Expr) types.Type {
	t := ns.info.TypeOf(e)
	if t == nil || t == types.Typ[types.Invalid] {
		return nil
	}
	return t
}

// root is what the leftmost name of an expression stands for.
func (ns *names) root(e ast.Expr) types.Object {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.Ident:
			return ns.object(x)
		default:
			return nil
		}
	}
}

func (ns *names) isLocal(obj types.Object) bool {
	v, ok := obj.(*types.Var)
	return ok && !v.IsField() && obj.Pkg() != nil && obj.Parent() != obj.Pkg().Scope()
}

// captures tells whether a function literal uses a variable from around it.
func (ns *names) captures(lit *ast.FuncLit, obj types.Object) bool {
	if lit.Pos() <= obj.Pos() && obj.Pos() < lit.End() {
		return false
	}
	found := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && ns.object(id) == obj
		return !found
	})
	return found
}

func (ns *names) isPackage(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	_, ok = ns.object(id).(*types.PkgName)
	return ok
}

// isFieldName tells a key of a struct literal from one of a map or slice.
func (ns *names) isFieldName(id *ast.Ident) bool {
	v, ok := ns.object(id).(*types.Var)
	return !ok || v.IsField()
}

func (ns *names) isFunc(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	_, ok = ns.object(id).(*types.Func)
	return ok
}

// isMemory tells whether a name may be a variable's: what is not known may be one.
func isMemory(obj types.Object) bool { return obj == nil || isVariable(obj) }

func isVariable(obj types.Object) bool { _, ok := obj.(*types.Var); return ok }

// isBytes tells whether an expression is a slice of bytes.
func (ns *names) isBytes(e ast.Expr) bool {
	t := ns.typeOf(e)
	if t == nil {
		return false
	}
	slice, ok := t.Underlying().(*types.Slice)
	return ok && types.Identical(slice.Elem().Underlying(), types.Typ[types.Byte])
}

// isMapElement tells whether an expression is x[i] with a map for x.
func (ns *names) isMapElement(e ast.Expr) bool {
	x := elementOf(e)
	if x == nil {
		return false
	}
	t := ns.typeOf(x)
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// isScalar tells whether a value is all there is: nothing can be reached through it.
func (ns *names) isScalar(e ast.Expr) bool {
	if tv := ns.info.Types[e]; tv.Value != nil || tv.IsType() || tv.IsNil() {
		return true
	}
	t := ns.typeOf(e)
	if t == nil {
		return false
	}
	_, basic := t.Underlying().(*types.Basic)
	return basic
}

// callsTo tells whether a call is one of a function of the student's.
func (ns *names) callsTo(call *ast.CallExpr, decl *ast.FuncDecl) bool {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return ns.object(fun) == ns.info.Defs[decl.Name]
	case *ast.SelectorExpr:
		return ns.object(fun.Sel) == ns.info.Defs[decl.Name]
	}
	return false
}
