package main

import (
	"context"
	"sync"
)

func init() {
	register("future", func() { new(future).get() })
	register("future, right", futureRight)
	register("add inside", addInside)
	register("add inside, right", addInsideRight)
	register("done too early", doneTooEarly)
	register("done too early, right", doneTooEarlyRight)
	register("parallel tests", parallelTests)
	register("parallel tests, right", parallelTestsRight)
}

// Messages and shared memory are mixed (5): who gives up waiting writes what the other one writes.
type future struct {
	answer int
	err    error
	done   chan bool
}

func (f *future) get() {
	f.done = make(chan bool, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		f.answer, f.err = work(1)
		f.done <- true
	}()
	go cancel()
	select {
	case <-f.done:
	case <-ctx.Done():
		f.err = ctx.Err()
	}
}

func futureRight() {
	type result struct {
		answer int
		err    error
	}
	done := make(chan result, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		answer, err := work(1)
		done <- result{answer, err}
	}()
	go cancel()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Add is called by the goroutine that is to be waited for (6A).
func addInside() {
	var all sync.WaitGroup
	results := make([]int, 3)
	for i := range results {
		go func() {
			all.Add(1)
			defer all.Done()
			results[i], _ = work(i)
		}()
	}
	all.Wait()
	work(results[0] + results[1] + results[2])
}

func addInsideRight() {
	var all sync.WaitGroup
	results := make([]int, 3)
	for i := range results {
		all.Add(1)
		go func() {
			defer all.Done()
			results[i], _ = work(i)
		}()
	}
	all.Wait()
	work(results[0] + results[1] + results[2])
}

// What is deferred first comes after Done (6B).
func doneTooEarly() {
	var all sync.WaitGroup
	var failed error
	all.Add(1)
	go func() {
		defer func() { _, failed = work(2) }()
		defer all.Done()
		work(1)
	}()
	all.Wait()
	if failed != nil {
		work(3)
	}
}

func doneTooEarlyRight() {
	var all sync.WaitGroup
	var failed error
	all.Add(1)
	go func() {
		defer all.Done()
		defer func() { _, failed = work(2) }()
		work(1)
	}()
	all.Wait()
	if failed != nil {
		work(3)
	}
}

// Rows of a table of tests are run in parallel, and share what is tested.
func parallelTests() {
	var tested struct{ calls int }
	parallel(func(row int) {
		tested.calls++
		work(row)
	})
}

func parallelTestsRight() {
	parallel(func(row int) {
		var tested struct{ calls int }
		tested.calls++
		work(row)
	})
}

func parallel(test func(row int)) {
	var all sync.WaitGroup
	for row := range 3 {
		all.Add(1)
		go func() {
			defer all.Done()
			test(row)
		}()
	}
	all.Wait()
}
