package explain

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
)

// held makes a diagnosis of what there is to say of a single lock that is held at one of the two lines.
func held(says func(c *collision, s *site, l lock) []string) func(*collision) []string {
	return func(c *collision) []string {
		for _, s := range c.sites() {
			for _, l := range s.held {
				if said := says(c, s, l); said != nil {
					return said
				}
			}
		}
		return nil
	}
}

// readLock is a write under RLock.
func readLock(_ *collision, s *site, l lock) []string {
	if !l.read || !s.access.Write {
		return nil
	}
	return []string{
		fmt.Sprintf("%s writes, but stands behind %s at %s: RLock lets in all others who ask for RLock.", s.frame, l, where(s, l)),
		fmt.Sprintf("What is missing: %s.Lock() and Unlock() around every line that writes. RLock is for those that only read.", types.ExprString(l.expr)),
	}
}

// handedLock is a mutex that a function gets the address of, and that each of its callers makes anew.
func handedLock(c *collision, s *site, l lock) []string {
	decl, v := c.src.holder(l)
	if v == nil {
		return nil
	}
	line, ok := c.src.handedMutex(decl, v)
	if !ok {
		return nil
	}
	return []string{
		fmt.Sprintf("%s, but line %d makes the mutex that %s points to, anew for each call: nobody else ever waits for it.",
			behind(s, l), line, v.Name()),
		fmt.Sprintf("What is missing: one mutex for all, declared where %s is.", c.nameOr("the shared variable")),
	}
}

// localLock is a mutex that belongs to one call of a function.
func localLock(c *collision, s *site, l lock) []string {
	_, v := c.src.holder(l)
	if v == nil || !c.src.isOwnMutex(l.expr) || v.Pos() < body(c.src.scope(l.at)).Pos() {
		return nil
	}
	return []string{
		fmt.Sprintf("%s, but line %d declares %s inside of the function: each call has a mutex of its own, for which nobody else ever waits.",
			behind(s, l), c.src.line(v.Pos()), types.ExprString(l.expr)),
		fmt.Sprintf("What is missing: one mutex for all, declared where %s is.", c.nameOr("the shared variable")),
	}
}

// copiedLock is the mutex in a value receiver, which is a copy.
func copiedLock(c *collision, s *site, l lock) []string {
	decl, v := c.src.holder(l)
	if v == nil || !c.src.isOwnMutex(l.expr) || !isValueReceiver(decl, v) {
		return nil
	}
	t := types.ExprString(decl.Recv.List[0].Type)
	return []string{
		fmt.Sprintf("%s, but line %d declares %s with a value receiver: each call has a copy of the %s, and locks the mutex in its copy.",
			behind(s, l), c.src.line(decl.Name.Pos()), decl.Name.Name, t),
		fmt.Sprintf("What is missing: a pointer receiver, func (%s *%s) %s, here and in every method that calls it. `go vet` finds such copies.",
			v.Name(), t, decl.Name.Name),
	}
}

// neighboursLock is c.mu held around other.out: the lock of one struct, a field of another.
func neighboursLock(c *collision) []string {
	x, y, ok := c.sameHeld()
	if !ok {
		return nil
	}
	if said := c.neighbours(c.first, x); said != nil {
		return said
	}
	return c.neighbours(c.second, y)
}

func (c *collision) neighbours(s *site, l lock) []string {
	mutex, ok := ast.Unparen(l.expr).(*ast.SelectorExpr)
	if !ok || l.at.Func != s.frame.Func || c.owner == nil || c.owner != c.src.ownerOf(mutex) {
		return nil
	}
	for _, candidate := range s.candidates() {
		field, ok := ast.Unparen(mapOf(candidate.expr)).(*ast.SelectorExpr)
		if !ok || c.src.identity(field).obj != c.src.identity(c.expr()).obj {
			continue
		}
		holder, user := types.ExprString(mutex.X), types.ExprString(field.X)
		if holder == user {
			continue
		}
		return []string{
			fmt.Sprintf("%s, the lock of %s, but uses %s: every %s has a lock of its own.", behind(s, l), holder, code(field), c.owner.Name()),
			fmt.Sprintf("What is missing: the lock of the %s that %s belongs to, %s.%s.", c.owner.Name(), code(field), user, mutex.Sel.Name),
		}
	}
	return nil
}

// doubledLock is what looks like one mutex at both lines, but cannot be.
func doubledLock(c *collision) []string {
	l, _, ok := c.sameHeld()
	if !ok {
		return nil
	}
	return []string{
		fmt.Sprintf("Both lines stand behind %s, and still they collide: so it is not one mutex but two. Somewhere it is copied (a parameter or receiver without *, an assignment), or made anew for each connection.", l),
		"What is missing: one mutex for all, reached through pointers. `go vet` finds copied locks.",
	}
}

// twoLocks is for lines that both have a lock, and not the same.
func twoLocks(c *collision) []string {
	a, b := c.first, c.second
	if len(a.held) == 0 || len(b.held) == 0 {
		return nil
	}
	return []string{
		fmt.Sprintf("%s, and %s: two locks, so neither waits for the other.", behind(a, a.held[0]), behind(b, b.held[0])),
		fmt.Sprintf("What is missing: one and the same lock for every line that uses %s.", c.nameOr("this memory")),
	}
}

// earlyUnlock is for a line that has come too late for the lock under which the line before it has used the same.
func earlyUnlock(c *collision) []string {
	for s, other := range c.bothWays() {
		l, ok := c.freedEarly(s)
		if !ok || len(s.held) > 0 {
			continue
		}
		mutex := types.ExprString(l.expr)
		why := fmt.Sprintf("%s comes after %s.Unlock() at line %d, when others may be in already.", s.frame, mutex, l.freed)
		if len(other.held) > 0 {
			why = behind(other, other.held[0]) + "; " + why
		}
		return []string{why, fmt.Sprintf("What is missing: one lock from the first use to the last. Unlock %s after %s.", mutex, s.frame)}
	}
	return nil
}

// oneSidedLock is for a lock that one of the two lines certainly has. As they collide, the other cannot have it.
func oneSidedLock(c *collision) []string {
	for locked, unlocked := range c.bothWays() {
		if len(locked.held) == 0 {
			continue
		}
		at := c.at(unlocked)
		return append(c.notSafe(),
			fmt.Sprintf("%s; %s does not hold that lock.", behind(locked, locked.held[0]), at),
			fmt.Sprintf("What is missing: the same lock at %s. A lock keeps out only those who ask for it.", at))
	}
	return nil
}

// behind says that a line has a lock before it.
func behind(s *site, l lock) string {
	return fmt.Sprintf("%s stands behind %s at %s", s.frame, l, where(s, l))
}

// where is the place of a lock, as seen from a line.
func where(s *site, l lock) string {
	if l.at.File != s.frame.File {
		return l.at.String()
	}
	return fmt.Sprintf("line %d", l.at.Line)
}

// sameHeld finds a lock of the first line that seems to be one of the second's, too.
func (c *collision) sameHeld() (x, y lock, ok bool) {
	for _, x := range c.first.held {
		for _, y := range c.second.held {
			if c.src.sameMemory(x.expr, y.expr) != nil {
				return x, y, true
			}
		}
	}
	return x, y, false
}

// freedEarly finds a lock under which a line's function has just used the subject, given back before the line.
func (c *collision) freedEarly(s *site) (lock, bool) {
	if c.expr() == nil {
		return lock{}, false
	}
	for _, l := range s.freed {
		for _, op := range c.src.operands(s.scope) {
			if l.at.Line < op.line && op.line < l.freed && c.src.sameMemory(op.expr, c.expr()) != nil {
				return l, true
			}
		}
	}
	return lock{}, false
}

// holder is the variable that leads to a lock's mutex, if the function that locks it declares it, and that function.
func (src *source) holder(l lock) (*ast.FuncDecl, *types.Var) {
	decl := src.decl(l.at)
	v, ok := src.root(l.expr).(*types.Var)
	if decl == nil || !ok || v.Pos() < decl.Pos() || v.Pos() >= decl.End() {
		return nil, nil
	}
	return decl, v
}

// handedMutex follows a *sync.Mutex parameter to the local variable whose address every caller
// hands over, if that is so, and returns the line of its declaration.
func (src *source) handedMutex(decl *ast.FuncDecl, v *types.Var) (line int, ok bool) {
	index := slices.Index(parameters(decl), v.Name())
	if index < 0 || src.declared[v.Pos()] != "*sync.Mutex" && src.declared[v.Pos()] != "*sync.RWMutex" {
		return 0, false
	}
	for _, place := range src.places(func(call *ast.CallExpr) bool { return src.callsTo(call, decl) }) {
		if index >= len(place.call.Args) {
			return 0, false
		}
		address, isAddress := place.call.Args[index].(*ast.UnaryExpr)
		if !isAddress {
			return 0, false
		}
		local, isVar := src.root(address.X).(*types.Var)
		if !isVar || !src.isOwnMutex(address.X) || !src.isLocal(local) || local.Pos() < body(place.scope).Pos() {
			return 0, false
		}
		line = src.line(local.Pos())
	}
	return line, line > 0
}

// parameters lists the names of a function's parameters.
func parameters(decl *ast.FuncDecl) []string {
	var names []string
	for _, field := range decl.Type.Params.List {
		if len(field.Names) == 0 {
			names = append(names, "")
		}
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

func isValueReceiver(decl *ast.FuncDecl, v *types.Var) bool {
	if decl.Recv == nil || len(decl.Recv.List) != 1 {
		return false
	}
	names := decl.Recv.List[0].Names
	_, pointer := decl.Recv.List[0].Type.(*ast.StarExpr)
	return !pointer && len(names) == 1 && names[0].Pos() == v.Pos()
}
