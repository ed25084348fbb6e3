package overlay

import (
	"errors"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goroot is where the Go is that builds here.
func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// installed is the standard library of the Go that runs this test.
func installed(t *testing.T) fstest.MapFS {
	t.Helper()
	files, root := fstest.MapFS{}, goroot(t)
	for _, h := range hashings {
		for _, e := range append(scheduling, h.edits...) {
			data, err := os.ReadFile(filepath.Join(root, "src", filepath.FromSlash(e.file)))
			if errors.Is(err, os.ErrNotExist) {
				continue // of another version
			}
			require.NoError(t, err)
			files[e.file] = &fstest.MapFile{Data: data}
		}
	}
	return files
}

// Fails with the first Go that is not as the kit knows it, before anybody is graded with it.
func TestThisGoIsKnown(t *testing.T) {
	files, err := Files(installed(t))
	require.NoError(t, err)
	for name, text := range files {
		_, err := format.Source([]byte(text))
		assert.NoError(t, err, name)
	}
	assert.Contains(t, files, "runtime/zlockstep_steer.go")
	assert.Contains(t, files["runtime/proc.go"], "steerPick(pp)")
}

func TestEveryAnchorHasToBeThereOnce(t *testing.T) {
	files := installed(t)
	known := 0
	for _, h := range hashings {
		if apply(files, map[string]string{}, h.edits) != nil {
			continue // of another version
		}
		known++
		for _, e := range append(scheduling[:len(scheduling):len(scheduling)], h.edits...) {
			for found, text := range map[int]string{0: "", 2: e.anchor + e.anchor} {
				changed := fstest.MapFS{}
				for name, f := range files {
					changed[name] = f
				}
				changed[e.file] = &fstest.MapFile{Data: []byte(strings.Replace(string(files[e.file].Data), e.anchor, text, 1))}
				_, err := Files(changed)
				var unknown *UnknownGoError
				require.ErrorAs(t, err, &unknown)
				assert.ErrorContains(t, err, e.file)
				assert.NotEqual(t, 1, found)
			}
		}
	}
	assert.Equal(t, 1, known)
}

func TestFilesAreWrittenForWhatTheyReplace(t *testing.T) {
	root := goroot(t)
	replace, err := Write(root, t.TempDir())
	require.NoError(t, err)
	require.NotEmpty(t, replace)
	for instead, file := range replace {
		assert.True(t, strings.HasPrefix(instead, filepath.Join(root, "src")), instead)
		assert.FileExists(t, file)
	}
}

func TestNothingIsWrittenForAnUnknownGo(t *testing.T) {
	root := t.TempDir()
	_, err := Write(root, t.TempDir())
	var unknown *UnknownGoError
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, 0, unknown.Found)
}
