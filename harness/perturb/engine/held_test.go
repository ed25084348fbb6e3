package engine_test

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/memnet"
	"lockstep/harness/perturb/engine"
	"lockstep/harness/perturb/sync"
)

// held returns the texts of Held, as marked gives them.
func held(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, h := range engine.Held() {
		all = append(all, marked(t, h.String()))
	}
	return all
}

// receive holds the lock while it waits for its client.
func receive(mu *sync.Mutex, conn net.Conn) {
	mu.Lock() // took it
	defer mu.Unlock()
	io.ReadAll(conn) // reads
}

func TestHeldTellsWhoWaitsForWhom(t *testing.T) {
	var mu sync.Mutex
	client, server := memnet.Pipe(0)
	stuck(t, func() { receive(&mu, server) })
	assert.Equal(t, []string{
		"[took it] took a lock and has it still; that goroutine waits for its client to send, at [reads]",
	}, held(t))
	for range 2 {
		stuck(t, func() {
			mu.Lock() // wants it
			mu.Unlock()
		})
	}
	assert.Equal(t, []string{
		"[wants it] (2 goroutines) wait for the lock that [took it] took; that goroutine waits for its client to send, at [reads]",
	}, held(t))
	all := engine.Held()
	require.Len(t, all, 1)
	assert.Len(t, all[0].Waiting, 2)
	client.Close()
	settle(t)
	assert.Empty(t, engine.Held())
}

func TestHeldNamesTheLineThatWaitsOnACond(t *testing.T) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	stuck(t, func() {
		mu.Lock()   // locks
		cond.Wait() // waits
		select {}   // rests
	})
	assert.Empty(t, held(t), "Wait gives the lock back")
	cond.Signal()
	settle(t)
	assert.Equal(t, []string{"[waits] took a lock and has it still; that goroutine waits in a select, at [rests]"}, held(t))
	mu.Unlock()
}

func TestHeldNamesTheLineThatReadsByALocker(t *testing.T) {
	var mu sync.RWMutex
	read := mu.RLocker()
	read.Lock() // reads
	assert.Contains(t, held(t)[0], "[reads] took a lock")
	assert.True(t, engine.Held()[0].Read)
	read.Unlock()
}

func TestHeldTellsOfALockThatNobodyIsKnownToHave(t *testing.T) {
	var mu sync.Mutex
	mu.Lock()
	same := copyOf(&mu)
	mu.Unlock()
	stuck(t, func() {
		same.Lock() // wants it
	})
	assert.Equal(t, []string{
		"[wants it] waits for a lock that nobody is known to have; a copy of a lock that was held when it was copied stays locked for ever",
	}, held(t))
	same.Unlock()
	settle(t)
	same.Unlock()
	assert.Empty(t, held(t))
}

func TestHeldTellsOfAGoroutineThatHasEnded(t *testing.T) {
	var mu sync.Mutex
	inTurn(func() {
		mu.Lock() // took it
	})
	assert.Equal(t, []string{"[took it] took a lock and has it still; that goroutine has ended"}, held(t))
	mu.Unlock()
}
