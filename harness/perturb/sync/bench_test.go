package sync_test

import (
	standard "sync"
	"testing"

	"lockstep/harness/perturb/sync"
)

func BenchmarkMutex(b *testing.B) {
	b.Run("ours", func(b *testing.B) { benchmarkLocker(b, new(sync.Mutex)) })
	b.Run("standard", func(b *testing.B) { benchmarkLocker(b, new(standard.Mutex)) })
}

func BenchmarkRWMutexForReading(b *testing.B) {
	b.Run("ours", func(b *testing.B) { benchmarkLocker(b, new(sync.RWMutex).RLocker()) })
	b.Run("standard", func(b *testing.B) { benchmarkLocker(b, new(standard.RWMutex).RLocker()) })
}

func benchmarkLocker(b *testing.B, mu sync.Locker) {
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			mu.Lock()
			mu.Unlock()
		}
	})
}
