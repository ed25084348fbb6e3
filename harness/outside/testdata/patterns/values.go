package main

import "sync"

func init() {
	register("slice", slice)
	register("slice, right", sliceRight)
	register("map", mapped)
	register("map, right", mappedRight)
	register("lock by value", lockByValue)
	register("lock by value, right", lockByValueRight)
}

// A slice that is appended to under a lock is handed on by value, which reads its length without the lock (2).
func slice() {
	var mu sync.Mutex
	var results []int
	add := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		results = append(results, n)
	}
	var all sync.WaitGroup
	for n := range 3 {
		all.Add(1)
		go func(n int, results []int) {
			defer all.Done()
			add(n)
		}(n, results)
	}
	all.Wait()
}

func sliceRight() {
	var mu sync.Mutex
	var results []int
	add := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		results = append(results, n)
	}
	var all sync.WaitGroup
	for n := range 3 {
		all.Add(1)
		go func(n int) {
			defer all.Done()
			add(n)
		}(n)
	}
	all.Wait()
}

// A map is written to by several goroutines (3).
func mapped() {
	failed := map[int]error{}
	var all sync.WaitGroup
	for n := range 3 {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := work(n); err != nil {
				failed[n] = err
			}
		}()
	}
	all.Wait()
}

func mappedRight() {
	var mu sync.Mutex
	failed := map[int]error{}
	var all sync.WaitGroup
	for n := range 3 {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := work(n); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[n] = err
			}
		}()
	}
	all.Wait()
}

// A lock is handed on by value, so that everybody has one of his own (4A).
func lockByValue() {
	var mu sync.Mutex
	total := 0
	section := func(mu sync.Mutex) {
		mu.Lock()
		total++
		mu.Unlock()
	}
	go section(mu)
	go section(mu)
}

func lockByValueRight() {
	var mu sync.Mutex
	total := 0
	section := func(mu *sync.Mutex) {
		mu.Lock()
		total++
		mu.Unlock()
	}
	go section(&mu)
	go section(&mu)
}
