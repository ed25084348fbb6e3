package process_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/process"
)

func TestReadFileReadsWhatIsOneAndNoMore(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(file, []byte("12345"), 0o600))
	require.NoError(t, os.Symlink(file, link))
	for _, row := range []struct {
		name string
		path string
		max  int64
		err  string
	}{
		{"file", file, 100, ""},
		{"exactly as large", file, 5, ""},
		{"too large", file, 4, "is larger than 4 bytes"},
		{"link", link, 100, "is no regular file"},
		{"folder", dir, 100, "is no regular file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, err := process.ReadFile(row.path, row.max)
			if row.err != "" {
				require.ErrorContains(t, err, row.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "12345", string(text))
		})
	}
	_, err := process.ReadFile(filepath.Join(dir, "missing"), 100)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
