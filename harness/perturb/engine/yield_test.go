package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// withSeed runs f under a seed, from the start.
func withSeed(t testing.TB, n uint64, f func()) {
	t.Helper()
	before := seed
	defer func() { seed = before }()
	seed = n
	Reset()
	f()
}

func TestParseSeed(t *testing.T) {
	for text, want := range map[string]uint64{
		"": 0, "0": 0, "7": 7, "18446744073709551615": 1<<64 - 1, "-1": 0, "0x7": 0, "seven": 0,
	} {
		assert.Equal(t, want, parseSeed(text), text)
	}
}

// count counts what is chosen at a statement, where nobody is ever met or somebody always.
func count(seed uint64, visits uint32, misses uint32) (passed, stepped, met float64) {
	for site := range uint32(1000) {
		switch choose(seed, site, visits, misses) {
		case pass:
			passed++
		case stepAside:
			stepped++
		case meet:
			met++
		}
	}
	return passed / 1000, stepped / 1000, met / 1000
}

func TestChoicesDependOnTheSeed(t *testing.T) {
	different := 0
	for site := range uint32(1000) {
		assert.Equal(t, choose(1, site, 1, 0), choose(1, site, 1, 0))
		if choose(1, site, 1, 0) != choose(2, site, 1, 0) {
			different++
		}
	}
	assert.Greater(t, different, 100)
}

func TestChoices(t *testing.T) {
	for _, row := range []struct {
		name                 string
		visit, misses        uint32
		pass, stepAside, met float64
	}{
		{"mostly a meeting is tried", 1, 0, 0.16, 0.09, 0.75},
		{"half as often when one was missed", 1, 1, 0.39, 0.23, 0.38},
		{"seldom when nobody comes", 1, hope, 0.60, 0.35, 0.05},
		{"no more seldom after very many misses", 1, 100, 0.60, 0.35, 0.05},
		{"less often in a loop", 2 * eager, 0, 0.58, 0.05, 0.37},
		{"hardly ever in a long loop", 100 * eager, 0, 0.99, 0, 0.01},
	} {
		passed, stepped, met := count(1, row.visit, row.misses)
		assert.InDelta(t, row.pass, passed, 0.06, row.name)
		assert.InDelta(t, row.stepAside, stepped, 0.06, row.name)
		assert.InDelta(t, row.met, met, 0.06, row.name)
	}
}

func TestStatementIsLeftTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const rounds = 100
	together := 0
	for n := range uint64(rounds) {
		withSeed(t, n+1, func() {
			var arrived, left atomic.Int32
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					arrived.Add(1)
					Y(7)
					if left.Add(1) == 1 && arrived.Load() == 2 {
						together++
					}
				})
			}
			both.Wait()
		})
	}
	assert.Greater(t, together, rounds*3/4)
}

func TestNothingIsDisturbedWithoutASeed(t *testing.T) {
	withSeed(t, 0, func() {
		Y(7)
		new(Group).Adds()
		assert.Zero(t, statements[7].visits)
	})
}

func TestGroupHoldsUpOnlyThoseThatAreNew(t *testing.T) {
	withSeed(t, 1, func() {
		var g Group
		for range 3 {
			g.Adds()
		}
		assert.EqualValues(t, 1, adders)
		done := make(chan struct{})
		go func() {
			defer close(done)
			g.Adds()
		}()
		<-done
		assert.EqualValues(t, 2, adders)
	})
}

func BenchmarkY(b *testing.B) {
	b.Run("no seed", func(b *testing.B) {
		withSeed(b, 0, func() {
			for b.Loop() {
				Y(7)
			}
		})
	})
	b.Run("often", func(b *testing.B) {
		withSeed(b, 1, func() {
			for b.Loop() {
				Y(7)
			}
		})
	})
	b.Run("first", func(b *testing.B) {
		withSeed(b, 1, func() {
			for i := uint32(0); b.Loop(); i++ {
				if i%256 == 0 {
					statements[7] = statement{}
				}
				Y(7)
			}
		})
	})
}

// On one processor the other goroutine moves only when this one lets it.
func TestWhoStartsAGoroutineLetsItGoFirst(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	withSeed(t, 1, func() {
		for visit := range 100 {
			const steps = hurried / 2 // the test framework has goroutines of its own
			var done atomic.Int32
			go func() {
				for range steps {
					runtime.Gosched()
					done.Add(1)
				}
			}()
			Started(7)
			assert.EqualValues(t, steps, done.Load(), "visit %d", visit+1)
		}
	})
}

func TestStartedDoesNothingWithoutASeed(t *testing.T) {
	withSeed(t, 0, func() {
		Started(7)
		assert.Zero(t, statements[7].visits)
	})
}
