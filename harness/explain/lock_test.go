package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLocks(t *testing.T) {
	const server = `package chat

import "sync"

type Server struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	a     int
	other *Server
}

func (s *Server) plain() int { return s.a } // before read (*Server).plain
`
	const noLock = "What is missing: a lock around both lines."
	for _, test := range []struct {
		name   string
		source string
		want   string
	}{
		{"none", `
func (s *Server) set() { s.a = 1 } // now write (*Server).set
`, noLock},
		{"one", `
func (s *Server) set() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.a = 1 // now write (*Server).set
}
`, "chat.go:16 stands behind s.mu.Lock() at line 14; chat.go:12 does not hold that lock."},
		{"one that comes later", `
func (s *Server) set() {
	s.a = 1 // now write (*Server).set
	s.mu.Lock()
	s.mu.Unlock()
}
`, noLock},
		{"given back on the way out only", `
func (s *Server) set(ok bool) {
	s.mu.Lock()
	if !ok {
		s.mu.Unlock()
		return
	}
	s.a = 1 // now write (*Server).set
	s.mu.Unlock()
}
`, "chat.go:19 stands behind s.mu.Lock() at line 14"},
		{"given back on one of two ways", `
func (s *Server) set(ok bool) {
	s.mu.Lock()
	if !ok {
		s.mu.Unlock()
	}
	s.a = 1 // now write (*Server).set
}
`, noLock},
		{"taken on one of two ways", `
func (s *Server) set(ok bool) {
	if ok {
		s.mu.Lock()
	}
	s.a = 1 // now write (*Server).set
}
`, noLock},
		{"given back in an earlier turn of the loop", `
func (s *Server) set() {
	s.mu.Lock()
	for {
		s.a = 1 // now write (*Server).set
		s.mu.Unlock()
	}
}
`, noLock},
		{"in one clause of a switch", `
func (s *Server) set(n int) {
	switch n {
	case 1:
		s.mu.Lock()
		s.mu.Unlock()
	case 2:
		s.mu.Lock()
		s.a = 1 // now write (*Server).set
		s.mu.Unlock()
	}
}
`, "chat.go:20 stands behind s.mu.Lock() at line 19"},
		{"in the other clause of a switch", `
func (s *Server) set(n int) {
	switch n {
	case 1:
		s.mu.Lock()
	case 2:
		s.a = 1 // now write (*Server).set
	}
}
`, noLock},
		{"in the block before an else if", `
func (s *Server) set(ok bool) {
	if ok {
		s.mu.Lock()
	} else if s.a = 1; s.a == 1 { // now write (*Server).set
		println()
	}
}
`, noLock},
		{"held by the one who starts the goroutine", `
func (s *Server) set() {
	s.mu.Lock()
	go func() {
		s.a = 1 // now write (*Server).set.func1
	}()
	s.mu.Unlock()
}
`, noLock},
		{"given back before the last use", `
func (s *Server) set() {
	s.mu.Lock()
	s.a = 1
	s.mu.Unlock()
	s.a = 2 // now write (*Server).set
}
`, "chat.go:17 comes after s.mu.Unlock() at line 16, when others may be in already."},
		{"given back after something else", `
func (s *Server) set() {
	s.mu.Lock()
	s.other = nil
	s.mu.Unlock()
	s.a = 2 // now write (*Server).set
}
`, noLock},
		{"a pointer to the one that all share", `
func (s *Server) set() {
	mu := &s.mu
	mu.Lock()
	s.a = 1 // now write (*Server).set
	mu.Unlock()
}
`, "chat.go:16 stands behind mu.Lock() at line 15; chat.go:12 does not hold that lock."},
		{"one for each call", `
func (s *Server) set() {
	mu := sync.Mutex{}
	mu.Lock()
	s.a = 1 // now write (*Server).set
	mu.Unlock()
}
`, "line 14 declares mu inside of the function: each call has a mutex of its own"},
		{"one for each caller", `
func (s *Server) handle() {
	var mu sync.Mutex
	s.set(1, &mu)
}
func (s *Server) set(n int, mu *sync.Mutex) {
	mu.Lock()
	s.a = n // now write (*Server).set
	mu.Unlock()
}
`, "chat.go:19 stands behind mu.Lock() at line 18, but line 14 makes the mutex that mu points to, anew for each call"},
		{"one that a caller shares", `
func (s *Server) handle() {
	s.set(1, &s.mu)
}
func (s *Server) set(n int, mu *sync.Mutex) {
	mu.Lock()
	s.a = n // now write (*Server).set
	mu.Unlock()
}
`, "chat.go:18 stands behind mu.Lock() at line 17; chat.go:12 does not hold that lock."},
		{"held by the caller", `
func (s *Server) handle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set() // now caller (*Server).handle
}
func (s *Server) set() {
	s.a = 1 // now write (*Server).set
}
`, "chat.go:19 stands behind s.mu.Lock() at line 14; chat.go:12 does not hold that lock."},
		{"held by the caller, and given back by the callee", `
func (s *Server) handle() {
	s.mu.Lock()
	s.set() // now caller (*Server).handle
}
func (s *Server) set() {
	s.mu.Unlock()
	s.a = 1 // now write (*Server).set
}
`, noLock},
		{"given back by a function that was called in between", `
func (s *Server) set() {
	s.mu.Lock()
	s.done()
	s.a = 1 // now write (*Server).set
}
func (s *Server) done() { s.mu.Unlock() }
`, noLock},
		{"in front of the use on one line", `
func (s *Server) set() { s.mu.Lock(); defer s.mu.Unlock(); s.a = 1 } // now write (*Server).set
`, "chat.go:13 stands behind s.mu.Lock() at line 13; chat.go:12 does not hold that lock."},
		{"around one of two uses on one line", `
func (s *Server) set() { s.mu.Lock(); s.a = 1; s.mu.Unlock(); s.a = 2 } // now write (*Server).set
`, noLock},
		{"RLock around a write", `
func (s *Server) set() {
	s.rw.RLock()
	s.a = 1 // now write (*Server).set
	s.rw.RUnlock()
}
`, "chat.go:15 writes, but stands behind s.rw.RLock() at line 14"},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Contains(t, explainScene(t, server+test.source[1:]), test.want)
		})
	}
}

func TestTwoLocks(t *testing.T) {
	const server = `package chat

import "sync"

type Server struct {
	mu, mu2 sync.Mutex
	a       int
	next    *Server
}
`
	for _, test := range []struct {
		name   string
		source string
		want   string
	}{
		{"different ones", `
func (s *Server) set() {
	s.mu.Lock()
	s.a = 1 // now write (*Server).set
}
func (s *Server) get() {
	s.mu2.Lock()
	println(s.a) // before read (*Server).get
}
`, "chat.go:12 stands behind s.mu.Lock() at line 11, and chat.go:16 stands behind s.mu2.Lock() at line 15: two locks, so neither waits for the other."},
		{"what looks like one", `
func (s *Server) set() {
	s.mu.Lock()
	s.a = 1 // now write (*Server).set
}
func (s *Server) get() {
	s.mu.Lock()
	println(s.a) // before read (*Server).get
}
`, "Both lines stand behind s.mu.Lock(), and still they collide: so it is not one mutex but two."},
		{"the neighbour's", `
func (s *Server) set() {
	s.mu.Lock()
	s.a = 1 // now write (*Server).set
}
func (s *Server) get() {
	s.mu.Lock()
	println(s.next.a) // before read (*Server).get
}
`, "chat.go:16 stands behind s.mu.Lock() at line 15, the lock of s, but uses s.next.a: every Server has a lock of its own."},
		{"a copy in a value receiver", `
func (s Server) set(p *Server) {
	s.mu.Lock()
	p.a = 1 // now write Server.set
}
func (s *Server) get() {
	s.mu.Lock()
	println(s.a) // before read (*Server).get
}
`, "line 10 declares set with a value receiver"},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Contains(t, explainScene(t, server+test.source[1:]), test.want)
		})
	}
}
