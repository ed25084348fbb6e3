package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/stacks"
)

func TestNamesOfLocks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "room.go")
	require.NoError(t, os.WriteFile(file, []byte("s.mu.Lock()\nif !mu.TryLock() {\ndefer s.rooms[i+1].mu.RLock()\ncond.Wait()\n"), 0o666))
	names := newNames()
	for _, row := range []struct {
		lock uint64
		line int
		want string
	}{
		{1, 1, "s.mu"},
		{2, 2, "mu"},
		{3, 3, "s.rooms[i+1].mu"},
		{4, 4, "lock (1)"},
		{5, 99, "lock (2)"},
		{1, 2, "s.mu"}, // by the first place
		{6, 1, "s.mu (2)"},
	} {
		assert.Equal(t, row.want, names.of(row.lock, stacks.Frame{File: file, Line: row.line}))
	}
}

func TestPackageOfFunction(t *testing.T) {
	for function, want := range map[string]string{
		"lockstep/labs/04.(*Server).handle":  "lockstep/labs/04",
		"lockstep/labs/04.readLine":          "lockstep/labs/04",
		"main.main.func1":                    "main",
		"example.com/a%2eb.Map[...].Go.func": "example.com/a%2eb",
	} {
		assert.Equal(t, want, packageOf(function))
	}
}
