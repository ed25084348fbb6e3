package watch

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNumberIsFoundInTheRuntime(t *testing.T) {
	if !haveGetg {
		t.Skip("not on this kind of processor")
	}
	assert.NotZero(t, numberAt, "every Lock makes a dump now, which is correct and slow")
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
