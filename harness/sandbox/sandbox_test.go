package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/sandbox"
)

func TestTheNilSandboxStartsAndConfinesNothing(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	var s *sandbox.Sandbox
	cmd := exec.Command(exe, "-test.run=^$")
	p, err := s.Start(cmd, sandbox.Box{Dir: t.TempDir()})
	require.NoError(t, err)
	assert.NoError(t, p.Wait())
	assert.Empty(t, p.Exceeded())
	assert.Equal(t, "none", s.String())
	for _, l := range s.Limits() {
		assert.False(t, l.Active, l.Name)
	}
}

func TestRemoveAllRemovesWhatIsNestedDeeplyOrLocked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.Mkdir(dir, 0o700))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	for range 1000 { // more than there may be open files
		require.NoError(t, root.Mkdir("d", 0o700))
		require.NoError(t, root.WriteFile("file", nil, 0o600))
		inner, err := root.OpenRoot("d")
		require.NoError(t, err)
		root.Close()
		root = inner
	}
	root.Close()
	locked := filepath.Join(dir, "locked", "locked")
	require.NoError(t, os.MkdirAll(locked, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(locked, "file"), nil, 0))
	require.NoError(t, os.Chmod(locked, 0))
	require.NoError(t, os.Chmod(filepath.Dir(locked), 0))

	require.NoError(t, sandbox.RemoveAll(dir))
	assert.NoDirExists(t, dir)
	assert.NoError(t, sandbox.RemoveAll(dir), "gone already")
}
