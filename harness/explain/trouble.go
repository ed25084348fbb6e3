package explain

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
)

// A side is a site with the locks that it has in sight.
type side struct {
	site        *site
	held, freed []lock
}

// lockTrouble explains a race in spite of locks, nil if neither line has one in sight.
func (c *collision) lockTrouble() []string {
	var sides []side
	for _, s := range c.sites() {
		held, freed := s.locks()
		sides = append(sides, side{s, held, freed})
	}
	for _, s := range sides {
		for _, l := range s.held {
			if said := readLock(s.site, l); said != nil {
				return said
			}
			if said := c.ownLock(s.site, l); said != nil {
				return said
			}
		}
	}
	a, b := sides[0], sides[1]
	switch {
	case len(a.held) > 0 && len(b.held) > 0:
		return c.twoLocks(a, b)
	case len(a.held) > 0:
		return c.oneLock(a, b)
	case len(b.held) > 0:
		return c.oneLock(b, a)
	}
	for _, s := range sides {
		if l, ok := c.freedEarly(s); ok {
			why, missing := tooEarly(s, l)
			return []string{why + ".", missing}
		}
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

// readLock recognises a write under RLock.
func readLock(s *site, l lock) []string {
	if !l.read || !s.access.Write {
		return nil
	}
	return []string{
		fmt.Sprintf("%s writes, but stands behind %s at %s: RLock lets in all others who ask for RLock.", s.frame, l, where(s, l)),
		fmt.Sprintf("What is missing: %s.Lock() and Unlock() around every line that writes. RLock is for those that only read.", types.ExprString(l.expr)),
	}
}

// ownLock recognises a mutex that belongs to one call of a function, and keeps nobody out.
func (c *collision) ownLock(s *site, l lock) []string {
	decl := c.src.decl(l.at)
	v, ok := c.src.root(l.expr).(*types.Var)
	if decl == nil || !ok || v.Pos() < decl.Pos() || v.Pos() >= decl.End() {
		return nil
	}
	if line, ok := c.handedMutex(decl, v); ok {
		return []string{
			fmt.Sprintf("%s, but line %d makes the mutex that %s points to, anew for each call: nobody else ever waits for it.",
				behind(s, l), line, v.Name()),
			fmt.Sprintf("What is missing: one mutex for all, declared where %s is.", c.nameOr("the shared variable")),
		}
	}
	if !c.src.isOwnMutex(l.expr) {
		return nil
	}
	if v.Pos() >= body(c.src.scope(l.at)).Pos() {
		return []string{
			fmt.Sprintf("%s, but line %d declares %s inside of the function: each call has a mutex of its own, for which nobody else ever waits.",
				behind(s, l), c.src.line(v.Pos()), types.ExprString(l.expr)),
			fmt.Sprintf("What is missing: one mutex for all, declared where %s is.", c.nameOr("the shared variable")),
		}
	}
	if !isValueReceiver(decl, v) {
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

// handedMutex follows a *sync.Mutex parameter to the local variable whose address every caller
// hands over, if that is so, and returns the line of its declaration.
func (c *collision) handedMutex(decl *ast.FuncDecl, v *types.Var) (line int, ok bool) {
	index := slices.Index(parameters(decl), v.Name())
	if index < 0 || c.src.declared[v.Pos()] != "*sync.Mutex" && c.src.declared[v.Pos()] != "*sync.RWMutex" {
		return 0, false
	}
	for _, place := range c.src.places(func(call *ast.CallExpr) bool { return c.src.callsTo(call, decl) }) {
		if index >= len(place.call.Args) {
			return 0, false
		}
		address, isAddress := place.call.Args[index].(*ast.UnaryExpr)
		if !isAddress {
			return 0, false
		}
		local, isVar := c.src.root(address.X).(*types.Var)
		if !isVar || !c.src.isOwnMutex(address.X) || !c.src.isLocal(local) || local.Pos() < body(place.scope).Pos() {
			return 0, false
		}
		line = c.src.line(local.Pos())
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

// oneLock is for a lock that one side certainly holds. As they collide, the other cannot hold it.
func (c *collision) oneLock(locked, unlocked side) []string {
	l := locked.held[0]
	if freed, ok := c.freedEarly(unlocked); ok {
		why, missing := tooEarly(unlocked, freed)
		return []string{behind(locked.site, l) + "; " + why + ".", missing}
	}
	at := c.at(unlocked.site)
	var said []string
	if special := c.notSafe(); special != "" {
		said = append(said, special)
	}
	return append(said,
		fmt.Sprintf("%s; %s does not hold that lock.", behind(locked.site, l), at),
		fmt.Sprintf("What is missing: the same lock at %s. A lock keeps out only those who ask for it.", at))
}

// freedEarly finds a lock under which a side has just used the subject, given back before its line.
func (c *collision) freedEarly(s side) (lock, bool) {
	for _, l := range s.freed {
		for _, op := range c.src.operands(s.site.scope) {
			if l.at.Line < op.line && op.line < l.freed && c.expr() != nil && c.src.sameMemory(op.expr, c.expr()) != nil {
				return l, true
			}
		}
	}
	return lock{}, false
}

func tooEarly(s side, l lock) (why, missing string) {
	mutex := types.ExprString(l.expr)
	why = fmt.Sprintf("%s comes after %s.Unlock() at line %d, when others may be in already", s.site.frame, mutex, l.freed)
	missing = fmt.Sprintf("What is missing: one lock from the first use to the last. Unlock %s after %s.", mutex, s.site.frame)
	return why, missing
}

// twoLocks is for lines that both have a lock.
func (c *collision) twoLocks(a, b side) []string {
	for _, x := range a.held {
		for _, y := range b.held {
			if c.src.sameMemory(x.expr, y.expr) != nil {
				return c.sameLock(a.site, x, b.site, y)
			}
		}
	}
	return []string{
		fmt.Sprintf("%s, and %s: two locks, so neither waits for the other.", behind(a.site, a.held[0]), behind(b.site, b.held[0])),
		fmt.Sprintf("What is missing: one and the same lock for every line that uses %s.", c.nameOr("this memory")),
	}
}

// sameLock is for lines that lock what looks like one mutex, but cannot be.
func (c *collision) sameLock(a *site, x lock, b *site, y lock) []string {
	if said := c.neighboursLock(a, x); said != nil {
		return said
	}
	if said := c.neighboursLock(b, y); said != nil {
		return said
	}
	return []string{
		fmt.Sprintf("Both lines stand behind %s, and still they collide: so it is not one mutex but two. Somewhere it is copied (a parameter or receiver without *, an assignment), or made anew for each connection.", x),
		"What is missing: one mutex for all, reached through pointers. `go vet` finds copied locks.",
	}
}

// neighboursLock recognises c.src.mu held around other.out: the lock of one struct, a field of another.
func (c *collision) neighboursLock(s *site, l lock) []string {
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
