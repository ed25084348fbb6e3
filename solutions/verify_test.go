package solutions_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/verify"
)

// Every reference, stub and mistake goes the way that a student's files go: this is verify for all labs. One alone is -run Mistakes/04.
func TestReferencesPassAndMistakesAreCaught(t *testing.T) {
	needs.Time(t)
	for _, l := range labs(t) {
		t.Run(l.ID+l.Name, func(t *testing.T) {
			builder, _, err := build.Graded(l.Root, t.TempDir())
			require.NoError(t, err)
			p := &verify.Verifier{
				Builder: builder,
				Judge:   &judge.Judge{Dir: t.TempDir()},
				Runs:    1,
				OnLine: func(line verify.Line) {
					assert.True(t, line.OK(), "%s %s: %s", line.Variant, line.Check, strings.Join(line.Wrong, "\n"))
				},
			}
			_, err = p.Lab(t.Context(), l)
			require.NoError(t, err)
		})
	}
}

func labs(t *testing.T) []*lab.Lab {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	all, err := lab.All(root)
	require.NoError(t, err)
	for _, l := range all {
		read(t, filepath.Join(root, l.Dir())) // go test caches by what a test reads
	}
	return all
}

// The demo's unlocked server has to be what students start from.
func TestUnlockedServerOfTheDemoIsTheStub(t *testing.T) {
	l := labs(t)[3]
	stub, err := answers.Stub(l)
	require.NoError(t, err)
	unlocked, err := answers.Wrong(l, "nolock")
	require.NoError(t, err)
	assert.Equal(t, stub.Files, unlocked.Files)
}

func read(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			_, err = os.ReadFile(path)
		}
		return err
	}))
}
