package main

import (
	"errors"
	"sync"
)

// Figures of the article in which they are described stand in brackets: M. Chabbi and M. K. Ramanathan, "Data Race Patterns in Go", Uber Engineering, 2022; the last
// three patterns are in the paper only: "A Study of Real-World Data Races in Golang", PLDI 2022. The code is our own.

func init() {
	register("loop variable", loopVariable)
	register("loop variable, right", loopVariableRight)
	register("err", errVariable)
	register("err, right", errVariableRight)
	register("named result", func() { namedResult() })
	register("named result, right", func() { namedResultRight() })
}

// The variable of a loop is captured by reference (1A). Since Go 1.22 it takes one that is declared outside of the loop.
func loopVariable() {
	var all sync.WaitGroup
	var job int
	for _, job = range []int{1, 2, 3} {
		all.Add(1)
		go func() {
			defer all.Done()
			work(job)
		}()
	}
	all.Wait()
}

func loopVariableRight() {
	var all sync.WaitGroup
	for _, job := range []int{1, 2, 3} {
		all.Add(1)
		go func() {
			defer all.Done()
			work(job)
		}()
	}
	all.Wait()
}

// The variable err is captured by reference (1B).
func errVariable() {
	a, err := work(1)
	if err != nil {
		return
	}
	done := make(chan int, 1)
	go func() {
		var b int
		b, err = work(a + 1)
		if err != nil {
			b = 0
		}
		done <- b
	}()
	c, err := work(a + 2)
	if err != nil {
		c = 0
	}
	work(c + <-done)
}

func errVariableRight() {
	a, err := work(1)
	if err != nil {
		return
	}
	done := make(chan int, 1)
	go func() {
		b, err := work(a + 1)
		if err != nil {
			b = 0
		}
		done <- b
	}()
	c, err := work(a + 2)
	if err != nil {
		c = 0
	}
	work(c + <-done)
}

// A named result is captured by reference (1C): return writes it.
func namedResult() (result int) {
	result = 10
	go func() { work(result) }()
	return 20
}

func namedResultRight() (result int) {
	result = 10
	before := result
	go func() { work(before) }()
	return 20
}

var errOdd = errors.New("odd")

func work(n int) (int, error) {
	if n%2 != 0 {
		return n * n, nil
	}
	return 0, errOdd
}
