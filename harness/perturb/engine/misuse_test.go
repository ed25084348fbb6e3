package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/perturb/engine"
	"lockstep/harness/perturb/sync"
)

func TestTwoOrdersAreFound(t *testing.T) {
	engine.Reset()
	var users, log sync.Mutex
	inTurn(func() {
		users.Lock() // locks users
		log.Lock()   // then log
		log.Unlock()
		users.Unlock()
	}, func() {
		log.Lock()   // locks log
		users.Lock() // then users
		users.Unlock()
		log.Unlock()
	})
	assert.Equal(t, []string{
		"inversion: lock order: [then log] takes log while holding users (locked at [locks users]); " +
			"elsewhere [then users] takes users while holding log (locked at [locks log]). " +
			"If two goroutines do this at the same time, they wait for each other for ever",
	}, misuses(t))
	engine.Reset()
	assert.Empty(t, misuses(t), "a new check begins with nothing")
}

func TestTwoOrdersOnTheSameLinesAreFound(t *testing.T) {
	engine.Reset()
	var a, b sync.Mutex
	inTurn(nested(&a, &b), nested(&b, &a))
	assert.Equal(t, []string{
		"inversion: lock order: [locks the second] takes second while holding first (locked at [locks the first]); " +
			"another time it was the same locks the other way round. " +
			"If two goroutines do this at the same time, each with the lock that another wants, they wait for each other for ever",
	}, misuses(t))
}

func TestTwoOrdersAreFoundAlsoWhenTheyHaveMet(t *testing.T) {
	engine.Reset()
	var a, b sync.Mutex
	var both sync.WaitGroup
	both.Add(2)
	lock := func(first, second *sync.Mutex) {
		first.Lock()
		both.Done()
		both.Wait()
		second.Lock()
		second.Unlock()
	}
	go lock(&a, &b)
	stuck(t, func() { lock(&b, &a) })
	found := engine.Misuses()
	require.Len(t, found, 1)
	assert.Equal(t, engine.Inversion, found[0].Kind)
	a.Unlock()
	b.Unlock()
}

func TestCircleOfThreeIsFound(t *testing.T) {
	engine.Reset()
	var a, b, c sync.Mutex
	inTurn(nested(&a, &b), nested(&b, &c))
	assert.Empty(t, engine.Misuses())
	inTurn(nested(&c, &a))
	found := engine.Misuses()
	require.Len(t, found, 1)
	assert.Equal(t, engine.Inversion, found[0].Kind)
	assert.Len(t, found[0].At, 6)
	assert.Contains(t, found[0].Text, "If 3 goroutines")
}

func TestGateForReadingLetsTwoOrdersMeet(t *testing.T) {
	engine.Reset()
	var a, b sync.Mutex
	var gate sync.RWMutex
	inTurn(under(gate.RLocker(), nested(&a, &b)), under(gate.RLocker(), nested(&b, &a)))
	assert.Len(t, engine.Misuses(), 1)
}

func TestReaderAndWriterInTwoOrdersAreFound(t *testing.T) {
	engine.Reset()
	var a sync.Mutex
	var b sync.RWMutex
	inTurn(nested(&a, b.RLocker()), nested(&b, &a))
	assert.Len(t, engine.Misuses(), 1)
}

func TestOrdersThatCannotMeetAreNotFound(t *testing.T) {
	var a, b, gate sync.Mutex
	var shared sync.RWMutex
	tries := func() {
		b.Lock()
		if a.TryLock() {
			a.Unlock()
		}
		b.Unlock()
	}
	ab, ba := nested(&a, &b), nested(&b, &a)
	for name, run := range map[string]func(){
		"one goroutine":            func() { inTurn(func() { ab(); ba() }) },
		"one order":                func() { inTurn(ab, ab) },
		"a circle of two by three": func() { inTurn(nested(&a, &gate), func() { nested(&gate, &b)(); ba() }) },
		"a gate":                   func() { inTurn(under(&gate, ab), under(&gate, ba)) },
		"a gate held for writing":  func() { inTurn(under(&shared, ab), under(shared.RLocker(), ba)) },
		"TryLock does not wait":    func() { inTurn(ab, tries) },
		"both hold it for reading": func() { inTurn(nested(shared.RLocker(), &a), nested(&a, shared.RLocker())) },
		"a copy is another lock":   func() { inTurn(ab, nested(&b, copyOf(&a)), nested(copyOf(&b), &a)) },
		"so is one at the same address": func() {
			locks := new([2]sync.Mutex)
			inTurn(nested(&locks[0], &locks[1]))
			*locks = [2]sync.Mutex{}
			inTurn(nested(&locks[1], &locks[0]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			engine.Reset()
			run()
			assert.Empty(t, misuses(t))
		})
	}
}

func TestLockThatIsGivenBackByAnotherIsLeftAlone(t *testing.T) {
	engine.Reset()
	var signal, a sync.Mutex
	inTurn(
		nested(&a, &signal),
		func() { signal.Lock() },
		func() { a.Lock(); a.Unlock(); signal.Unlock() },
		nested(&signal, &a),
		func() { signal.Lock() },
	)
	assert.Empty(t, misuses(t))
	assert.Empty(t, engine.Held())
}

func TestGoroutineThatWaitsForItselfIsFound(t *testing.T) {
	engine.Reset()
	var mu sync.Mutex
	stuck(t, func() {
		mu.Lock() // first
		mu.Lock() // again
	})
	assert.Equal(t, []string{
		"self-deadlock: [again] waits for mu, which its own goroutine took at [first] and has not given back: it waits for itself, for ever",
	}, misuses(t))
	mu.Unlock()
	settle(t)
	mu.Unlock()
}

func TestReaderThatWantsToWriteWaitsForItself(t *testing.T) {
	engine.Reset()
	var mu sync.RWMutex
	stuck(t, func() {
		mu.RLock() // reads
		mu.Lock()  // writes
	})
	assert.Equal(t, []string{
		"self-deadlock: [writes] waits for mu, which its own goroutine took at [reads] and has not given back: it waits for itself, for ever",
	}, misuses(t))
	mu.RUnlock()
	settle(t)
	mu.Unlock()
}

func TestReadingTwiceAtOnceIsFoundIfAnotherWrites(t *testing.T) {
	var mu sync.RWMutex
	twice := func() {
		mu.RLock() // reads
		mu.RLock() // reads again
		mu.RUnlock()
		mu.RUnlock()
	}
	write := func() {
		mu.Lock()
		mu.Unlock()
	}
	want := []string{"self-deadlock: [reads again] locks mu for reading once more, which its own goroutine has for reading since [reads]. " +
		"If another goroutine asks for writing in between, both wait for ever"}
	engine.Reset()
	inTurn(twice)
	assert.Empty(t, misuses(t), "nobody writes")
	inTurn(write)
	assert.Equal(t, want, misuses(t))
	engine.Reset()
	inTurn(twice)
	assert.Equal(t, want, misuses(t))
}

func TestLockThatIsHeldAtTheEndIsFound(t *testing.T) {
	engine.Reset()
	var mu sync.Mutex
	var rw sync.RWMutex
	inTurn(func() {
		mu.Lock()  // locks
		rw.RLock() // reads
	})
	assert.Equal(t, []string{
		"held-at-end: [locks] took mu, and its goroutine has ended without giving it back: whoever wants it next waits for ever",
		"held-at-end: [reads] took rw, and its goroutine has ended without giving it back: whoever wants it next waits for ever",
	}, misuses(t))
	engine.Reset()
	assert.Empty(t, misuses(t), "that was in the check before")
	mu.Unlock()
	rw.RUnlock()
}

func TestLockOfRunningGoroutineIsNotHeldAtTheEnd(t *testing.T) {
	engine.Reset()
	var mu sync.Mutex
	leave := make(chan struct{})
	stuck(t, func() {
		mu.Lock()
		<-leave
		mu.Unlock()
	})
	assert.Empty(t, misuses(t))
	close(leave)
}

func TestLockThatIsCopiedWhileHeldIsForgotten(t *testing.T) {
	engine.Reset()
	locks := make([]sync.Mutex, 1)
	inTurn(func() {
		locks[0].Lock()
		locks = append(locks, sync.Mutex{}) // moves the lock, as it is
		locks[0].Unlock()
	})
	assert.Empty(t, misuses(t))
}
