package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/perturb/engine"
	"lockstep/harness/perturb/sync"
)

func TestNothingWrongIsSaidWhenTheTablesAreFull(t *testing.T) {
	engine.Reset()
	var a, b, gate sync.Mutex
	inTurn(func() {
		many := make([]sync.Mutex, 5000)
		for i := range many {
			many[i].Lock()
		}
		assert.Len(t, engine.Held(), 4096)
		inTurn(under(&gate, nested(&a, &b)), under(&gate, nested(&b, &a)))
		assert.Empty(t, engine.Misuses(), "the gate is not known")
		for i := range many {
			many[i].Unlock()
		}
	})
	assert.Empty(t, engine.Held())
	inTurn(nested(&a, &b), nested(&b, &a))
	assert.Len(t, engine.Misuses(), 1, "there is room again")
}

func TestNothingIsSaidOfAGoroutineWithVeryManyLocks(t *testing.T) {
	engine.Reset()
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
	assert.Empty(t, engine.Misuses())
}

func TestOldOrdersMakeRoom(t *testing.T) {
	engine.Reset()
	var a, b sync.Mutex
	locks := make([]sync.Mutex, 20000)
	inTurn(func() {
		for i := range locks {
			nested(&a, &locks[i])()
		}
	}, nested(&b, &a), nested(&a, &b))
	assert.Len(t, engine.Misuses(), 1)
}
