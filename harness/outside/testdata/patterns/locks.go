package main

import "sync"

func init() {
	register("no lock", func() { both((*store).locked, (*store).unlocked) })
	register("no lock, right", func() { both((*store).locked, (*store).locked) })
	register("write under RLock", func() { both((*store).underRLock, (*store).underRLock) })
	register("write under RLock, right", func() { both((*store).locked, (*store).locked) })
}

type store struct {
	mu    sync.RWMutex
	ready bool
}

func both(a, b func(*store)) {
	s := new(store)
	var all sync.WaitGroup
	all.Add(2)
	go func() {
		defer all.Done()
		a(s)
	}()
	go func() {
		defer all.Done()
		b(s)
	}()
	all.Wait()
}

func (s *store) locked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready {
		s.ready = true
	}
}

// One of all places has no lock.
func (s *store) unlocked() {
	if s.ready {
		return
	}
	s.locked()
}

// What is taken for reading is written to.
func (s *store) underRLock() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.ready {
		s.ready = true
	}
}
