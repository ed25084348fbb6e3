package server

import (
	"sync"
	"sync/atomic"
)

// A Registry gives each name to one client.
type Registry struct {
	mu    sync.Mutex
	taken map[string]bool // guarded by mu
}

// NewRegistry returns a registry in which all names are free.
func NewRegistry() *Registry { return &Registry{taken: map[string]bool{}} }

// CheckThenAct looks in one critical section and acts in the next.
func (r *Registry) CheckThenAct(name string) bool {
	r.mu.Lock()
	taken := r.taken[name]
	r.mu.Unlock()
	if taken {
		return false
	}
	r.mu.Lock()
	r.taken[name] = true
	r.mu.Unlock()
	return true
}

// CheckAndAct is CheckThenAct without the mistake.
func (r *Registry) CheckAndAct(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken[name] {
		return false
	}
	r.taken[name] = true
	return true
}

// A Door may be closed by several.
type Door struct {
	closed chan struct{}
	once   sync.Once
}

// NewDoor returns an open door.
func NewDoor() *Door { return &Door{closed: make(chan struct{})} }

// CloseIfOpen looks before it closes.
func (d *Door) CloseIfOpen() {
	select {
	case <-d.closed:
	default:
		close(d.closed)
	}
}

// CloseOnce is CloseIfOpen without the mistake.
func (d *Door) CloseOnce() {
	d.once.Do(func() { close(d.closed) })
}

// A Relay notes who comes by.
type Relay struct {
	mu     sync.Mutex
	passed []byte // guarded by mu
}

// Run passes a few times.
func (r *Relay) Run(runner byte) {
	for range 5 {
		r.mu.Lock()
		r.passed = append(r.passed, runner)
		r.mu.Unlock()
	}
}

// Passed returns who came by, in order. The runners are done.
func (r *Relay) Passed() string { return string(r.passed) }

// Visitors are counted.
type Visitors struct{ n atomic.Int64 }

// CountLate counts a visitor who is being served already.
func (v *Visitors) CountLate(serve func(n int64)) {
	go visit(v, serve)
	v.n.Add(1)
}

// CountFirst is CountLate without the mistake.
func (v *Visitors) CountFirst(serve func(n int64)) {
	v.n.Add(1)
	go visit(v, serve)
}

func visit(v *Visitors, serve func(n int64)) {
	n := v.n.Load()
	serve(n)
}
