package engine

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Elsewhere than on these processors the number comes from a dump, which is correct and slow.
func TestNumberIsFoundInTheRuntime(t *testing.T) {
	assert.Equal(t, haveGetg, numberAt != 0, "every Lock makes a dump now")
}

func TestGoroutineIsTheOneInDumps(t *testing.T) {
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			assert.Equal(t, askRuntime(), goroutine())
			assert.Equal(t, askRuntime(), deep(1000, goroutine), "on a stack that was moved")
		})
	}
	all.Wait()
}

func deep(n int, f func() uint64) uint64 {
	if n == 0 {
		return f()
	}
	return deep(n-1, f)
}

func BenchmarkGoroutine(b *testing.B) {
	for b.Loop() {
		goroutine()
	}
}

func BenchmarkAskRuntime(b *testing.B) {
	for b.Loop() {
		askRuntime()
	}
}
