package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/sandbox"
)

func TestScratchFoldersOfProcessesThatRunStay(t *testing.T) {
	tmp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, tmp)
	}
	first, removeFirst, err := sandbox.Scratch()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(first, "file"), nil, 0o600))
	second, removeSecond, err := sandbox.Scratch()
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	assert.FileExists(t, filepath.Join(first, "file"))
	require.NoError(t, removeFirst())
	assert.NoDirExists(t, first)
	assert.DirExists(t, second)
	require.NoError(t, removeSecond())
	assert.NoError(t, removeSecond(), "gone already")
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	assert.Empty(t, left)
}
