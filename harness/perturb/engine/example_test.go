package engine_test

import (
	"fmt"

	"lockstep/harness/perturb/engine"
	"lockstep/harness/perturb/sync"
)

// Two transfers, one after the other, that might have waited for each other.
func ExampleMisuses() {
	engine.Reset()
	var alice, bob sync.Mutex
	inTurn(func() {
		alice.Lock()
		bob.Lock()
		bob.Unlock()
		alice.Unlock()
	}, func() {
		bob.Lock()
		alice.Lock()
		alice.Unlock()
		bob.Unlock()
	})
	for _, f := range engine.Misuses() {
		fmt.Println(f.Kind)
		fmt.Println(f.Text)
	}
	// Output:
	// inversion
	// lock order: example_test.go:16 takes bob while holding alice (locked at example_test.go:15); elsewhere example_test.go:21 takes alice while holding bob (locked at example_test.go:20). If two goroutines do this at the same time, they wait for each other for ever
}
