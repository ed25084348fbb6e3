package perturb

import (
	"go/build"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/needs"
	"lockstep/harness/norace"
)

// TestStandardLibrarySurvives rewrites a part of the standard library's sources, tests included. All
// of them take a minute, with PERTURB_ALL=1 go test -run Survives.
func TestStandardLibrarySurvives(t *testing.T) {
	needs.Time(t)
	t.Parallel()
	root := filepath.Join(build.Default.GOROOT, "src")
	part := uint32(25)
	switch {
	case os.Getenv("PERTURB_ALL") != "":
		part = 1
	case norace.Race:
		part = 250
	}
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		h := fnv.New32()
		h.Write([]byte(filepath.ToSlash(name)))
		if h.Sum32()%part != 0 {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if mustSurvive(t, name, src) {
			files++
		}
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, files, 10)
	t.Log(files, "files")
}
