package watch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/perturb/sync"
	"lockstep/harness/perturb/watch"
)

func TestNothingWrongIsSaidWhenTheTablesAreFull(t *testing.T) {
	watch.Reset()
	var a, b, gate sync.Mutex
	inTurn(func() {
		many := make([]sync.Mutex, 5000)
		for i := range many {
			many[i].Lock()
		}
		assert.Len(t, watch.Held(), 4096)
		inTurn(under(&gate, nested(&a, &b)), under(&gate, nested(&b, &a)))
		assert.Empty(t, watch.Findings(), "the gate is not known")
		for i := range many {
			many[i].Unlock()
		}
	})
	assert.Empty(t, watch.Held())
	inTurn(nested(&a, &b), nested(&b, &a))
	assert.Len(t, watch.Findings(), 1, "there is room again")
}

func TestNothingIsSaidOfAGoroutineWithVeryManyLocks(t *testing.T) {
	watch.Reset()
	var a, b sync.Mutex
	many := make([]sync.Mutex, 8)
	inTurn(func() {
		for i := range many {
			many[i].Lock()
		}
		nested(&a, &b)()
		for i := range many {
			many[i].Unlock()
		}
	}, nested(&b, &a))
	assert.Empty(t, watch.Findings())
}

func TestOldOrdersMakeRoom(t *testing.T) {
	watch.Reset()
	var a, b sync.Mutex
	locks := make([]sync.Mutex, 20000)
	inTurn(func() {
		for i := range locks {
			nested(&a, &locks[i])()
		}
	}, nested(&b, &a), nested(&a, &b))
	assert.Len(t, watch.Findings(), 1)
}
