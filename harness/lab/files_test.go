package lab_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

func TestReadTakesGoFilesThatAreNoTests(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.go": "b", "a.go": "a", "a_test.go": "test", "a.s": "assembly", "a.go.txt": "", "go": ""} {
		write(t, filepath.Join(dir, name), text)
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.go"), 0o755))
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.go")); err != nil {
		t.Log(err) // no links on this system
	}
	all, err := lab.Read(dir)
	require.NoError(t, err)
	assert.Equal(t, []lab.File{{Name: "a.go", Data: []byte("a")}, {Name: "b.go", Data: []byte("b")}}, all)
	_, err = lab.Read(filepath.Join(dir, "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
