package sync_test

import (
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sync/errgroup"

	"lockstep/harness/perturb/sync"
)

// These tests are run with the race detector: that it says nothing means that the locks order what
// they should.

const goroutines, rounds = 8, 200

// guarded counts from several goroutines, each time inside of section.
func guarded(t *testing.T, section func(work func())) {
	t.Helper()
	count := 0
	var all sync.WaitGroup
	for range goroutines {
		all.Add(1)
		go func() {
			defer all.Done()
			for range rounds {
				section(func() { count++ })
			}
		}()
	}
	all.Wait()
	assert.Equal(t, goroutines*rounds, count)
}

func TestMutexGuards(t *testing.T) {
	var mu sync.Mutex
	guarded(t, func(work func()) {
		mu.Lock()
		defer mu.Unlock()
		work()
	})
}

func TestMutexGuardsWhoTries(t *testing.T) {
	var mu sync.Mutex
	guarded(t, func(work func()) {
		for !mu.TryLock() {
			time.Sleep(time.Microsecond)
		}
		defer mu.Unlock()
		work()
	})
}

func TestRWMutexGuardsWriters(t *testing.T) {
	var mu sync.RWMutex
	guarded(t, func(work func()) {
		mu.Lock()
		defer mu.Unlock()
		work()
	})
}

func TestRWMutexGuardsWritersWhoTry(t *testing.T) {
	var mu sync.RWMutex
	guarded(t, func(work func()) {
		for !mu.TryLock() {
			time.Sleep(time.Microsecond)
		}
		defer mu.Unlock()
		work()
	})
}

func TestRWMutexGuardsReaders(t *testing.T) {
	for name, locker := range map[string]func(*sync.RWMutex) sync.Locker{
		"RLock":    func(mu *sync.RWMutex) sync.Locker { return readLock{mu} },
		"RLocker":  func(mu *sync.RWMutex) sync.Locker { return mu.RLocker() },
		"TryRLock": func(mu *sync.RWMutex) sync.Locker { return tryReadLock{mu} },
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.RWMutex
			seen := 0
			guarded(t, func(work func()) {
				read := locker(&mu)
				read.Lock()
				_ = seen
				read.Unlock()
				mu.Lock()
				seen++
				work()
				mu.Unlock()
			})
		})
	}
}

type readLock struct{ mu *sync.RWMutex }

func (r readLock) Lock()   { r.mu.RLock() }
func (r readLock) Unlock() { r.mu.RUnlock() }

type tryReadLock struct{ mu *sync.RWMutex }

func (r tryReadLock) Lock() {
	for !r.mu.TryRLock() {
		time.Sleep(time.Microsecond)
	}
}
func (r tryReadLock) Unlock() { r.mu.RUnlock() }

func TestReadersReadTogether(t *testing.T) {
	var mu sync.RWMutex
	mu.RLock()
	assert.True(t, mu.TryRLock())
	assert.False(t, mu.TryLock())
	mu.RUnlock()
	mu.RUnlock()
	assert.True(t, mu.TryLock())
	assert.False(t, mu.TryRLock())
	mu.Unlock()
}

func TestCondWaitsOnAMutex(t *testing.T) {
	var mu sync.Mutex
	filled := sync.NewCond(&mu)
	empty := sync.Cond{L: &mu}
	var queue []int
	go func() {
		for i := range rounds {
			mu.Lock()
			for len(queue) > 0 {
				empty.Wait()
			}
			queue = append(queue, i)
			filled.Signal()
			mu.Unlock()
		}
	}()
	for i := range rounds {
		mu.Lock()
		for len(queue) == 0 {
			filled.Wait()
		}
		assert.Equal(t, i, queue[0])
		queue = queue[1:]
		empty.Signal()
		mu.Unlock()
	}
}

// A counter is used as students use locks: embedded, and by its methods.
type counter struct {
	sync.Mutex
	n int
}

func TestLockIsEmbedded(t *testing.T) {
	var c counter
	guarded(t, func(work func()) {
		c.Lock()
		defer c.Unlock()
		c.n++
		work()
	})
	var locker sync.Locker = &c
	locker.Lock()
	assert.False(t, c.TryLock())
	locker.Unlock()
}

func TestCopyOfALockIsALockOfItsOwn(t *testing.T) {
	var c counter
	c.Lock()
	held := copyOf(&c)
	c.Unlock()
	free := copyOf(&c)
	assert.False(t, held.TryLock(), "it was locked when it was copied")
	assert.True(t, free.TryLock())
	assert.True(t, c.TryLock())
}

// copyOf is a copy that go vet does not see.
func copyOf[T any](v *T) *T {
	c := *v
	return &c
}

func TestWaitGroupWaits(t *testing.T) {
	var all sync.WaitGroup
	done := [3]bool{}
	for i := range done {
		all.Go(func() { done[i] = true })
	}
	all.Wait()
	assert.Equal(t, [3]bool{true, true, true}, done)
	assert.PanicsWithValue(t, "sync: negative WaitGroup counter", func() { new(sync.WaitGroup).Done() })
}

func TestOnceFunctions(t *testing.T) {
	n := 0
	f := sync.OnceFunc(func() { n++ })
	v := sync.OnceValue(func() int { n++; return n })
	vs := sync.OnceValues(func() (int, error) { n++; return n, nil })
	var once sync.Once
	for range 2 {
		f()
		assert.Equal(t, 2, v())
		got, err := vs()
		assert.Equal(t, 3, got)
		assert.NoError(t, err)
		once.Do(func() { n++ })
	}
	assert.Equal(t, 4, n)
}

func TestErrgroupAndLocksGoTogether(t *testing.T) {
	var mu sync.Mutex
	var all errgroup.Group
	n := 0
	for range goroutines {
		all.Go(func() error {
			mu.Lock()
			defer mu.Unlock()
			n++
			return nil
		})
	}
	assert.NoError(t, all.Wait())
	assert.Equal(t, goroutines, n)
}

func TestLocksWorkInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var all sync.WaitGroup
		start := time.Now()
		for range 3 {
			all.Go(func() {
				time.Sleep(time.Second)
				mu.Lock()
				defer mu.Unlock()
			})
		}
		all.Wait()
		assert.Equal(t, time.Second, time.Since(start))
	})
}

const misuseVariable = "SYNC_MISUSE"

var misuses = map[string]func(){
	"sync: unlock of unlocked mutex":    func() { new(sync.Mutex).Unlock() },
	"sync: Unlock of unlocked RWMutex":  func() { new(sync.RWMutex).Unlock() },
	"sync: RUnlock of unlocked RWMutex": func() { new(sync.RWMutex).RUnlock() },
	"invalid memory address or nil pointer dereference": func() {
		var mu *sync.Mutex
		mu.Lock()
	},
}

func TestMain(m *testing.M) {
	if misuse := misuses[os.Getenv(misuseVariable)]; misuse != nil {
		misuse()
		return
	}
	os.Exit(m.Run())
}

func TestMisuseEndsTheProgramAsEver(t *testing.T) {
	for text := range misuses {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), misuseVariable+"="+text)
		out, err := cmd.CombinedOutput()
		assert.Error(t, err)
		assert.Contains(t, string(out), text)
		assert.Contains(t, string(out), "sync_test.go:", "the line that did it")
	}
}
