//go:build linux

package export_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/export"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// unpack makes the folder that Gradescope would, with an autograder for lab 04 in it.
func unpack(t *testing.T) (root string, names []string) {
	t.Helper()
	kit, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(kit, "04")
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, export.Autograder(&b, kit, l, runtime.Version()))
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	root = t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, "source"), z))
	for _, f := range z.File {
		names = append(names, f.Name)
		if f.Mode()&0o111 != 0 {
			assert.Contains(t, []string{"setup.sh", "run_autograder"}, f.Name)
		}
	}
	return root, names
}

func TestAutograderHasWhatItNeedsAndNoMore(t *testing.T) {
	root, names := unpack(t)
	assert.Subset(t, names, []string{"setup.sh", "run_autograder", "go.mod", "go.sum", "labs/04/append_test.go", "labs/04/lab.toml", "scripts/04/scenario3.txtar", "harness/main.go"})
	for _, name := range names {
		assert.False(t, strings.HasPrefix(name, "solutions/"), name)
		assert.False(t, strings.HasPrefix(name, "harness/") && strings.HasSuffix(name, "_test.go"), name)
		assert.False(t, strings.HasPrefix(name, "labs/") && !strings.HasPrefix(name, "labs/04/"), name)
	}
	for _, script := range []string{"setup.sh", "run_autograder"} {
		out, err := exec.Command("bash", "-n", filepath.Join(root, "source", script)).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// TestAutograderGrades does all that Gradescope does, but for setup.sh: that installs what is there already.
func TestAutograderGrades(t *testing.T) {
	needs.Time(t)
	root, _ := unpack(t)
	submission := filepath.Join(root, "submission")
	for _, c := range []struct {
		name   string
		file   string // to hand in
		from   string // what is in it: a file of the kit, or the text itself
		score  float64
		tests  int
		output string
	}{
		{"the reference", "append.go", "../../solutions/04/append.go", 100, 16, "100 of 100 and 20 bonus"},
		{"does not compile", "labs/04/append.go", "package appendlog\nfunc f() { nonsense() }\n", 0, 0, "undefined: nonsense"},
		{"nothing to grade", "notes.txt", "I was ill.", 0, 0, "There is no append.go in what you handed in."},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := os.ReadFile(c.from)
			if err != nil {
				data = []byte(c.from)
			}
			require.NoError(t, os.RemoveAll(submission))
			file := filepath.Join(submission, c.file)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, data, 0o644))
			cmd := exec.Command("bash", filepath.Join(root, "source", "run_autograder"))
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "AUTOGRADER_ROOT="+root)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)

			results, err := os.ReadFile(filepath.Join(root, "results", "results.json"))
			require.NoError(t, err)
			var g gradescopeSpec
			dec := json.NewDecoder(bytes.NewReader(results))
			dec.DisallowUnknownFields()
			require.NoError(t, dec.Decode(&g))
			require.NotNil(t, g.Score)
			assert.Equal(t, c.score, *g.Score, g.Output)
			assert.Contains(t, g.Output, c.output)
			assert.Len(t, g.Tests, c.tests)
		})
	}
}
