package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
	"lockstep/harness/perturb/engine"
	"lockstep/harness/perturb/sync"
)

// inTurn runs each function in a goroutine of its own, one after the other.
func inTurn(fs ...func()) {
	for _, f := range fs {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
}

// stuck starts f and returns when it waits, for a lock or for good.
func stuck(t *testing.T, f func()) {
	t.Helper()
	go f()
	settle(t)
}

// settle returns when everybody else waits.
func settle(t *testing.T) {
	t.Helper()
	require.Empty(t, await.Idle(10*time.Second))
}

// nested locks one lock while it holds the other.
func nested(first, second sync.Locker) func() {
	return func() {
		first.Lock()  // locks the first
		second.Lock() // locks the second
		second.Unlock()
		first.Unlock()
	}
}

func under(gate sync.Locker, f func()) func() {
	return func() {
		gate.Lock()
		f()
		gate.Unlock()
	}
}

// copyOf is a copy that go vet does not see.
func copyOf[T any](v *T) *T {
	c := *v
	return &c
}

// misuses returns what is found since the last Reset, as marked gives it.
func misuses(t *testing.T) []string {
	t.Helper()
	settle(t) // who has done its work may still be about to end
	var all []string
	for _, f := range engine.Misuses() {
		all = append(all, string(f.Kind)+": "+marked(t, f.Text))
	}
	return all
}

// marked replaces the lines that a text names by what the comment on the line says: the place of a
// line that ends in "// locks a" becomes [locks a].
func marked(t *testing.T, text string) string {
	t.Helper()
	for _, file := range []string{callersFile(), "helpers_test.go"} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := strings.Split(string(source), "\n")
		for number := len(lines); number > 0; number-- { // 123 before 12
			place := fmt.Sprintf("%s:%d", file, number)
			if _, mark, ok := strings.Cut(lines[number-1], "// "); ok {
				text = strings.ReplaceAll(text, place, "["+mark+"]")
			}
		}
	}
	return text
}

// callersFile is the base name of the file with the test that runs.
func callersFile() string {
	for skip := 1; ; skip++ {
		_, file, _, _ := runtime.Caller(skip)
		if base := filepath.Base(file); base != "helpers_test.go" {
			return base
		}
	}
}
