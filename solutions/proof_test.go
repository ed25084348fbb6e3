package solutions_test

import (
	"flag"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/proof"
)

var update = flag.Bool("update", false, "write what the mistakes are told into their feedback.golden")

// Every reference, stub and mistake goes the way that a student's files go. What a student is told
// about each mistake is kept beside it: go test ./solutions -update rewrites it.
func TestChecksAreProved(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	labs, err := lab.All(root)
	require.NoError(t, err)
	for _, l := range labs {
		t.Run(l.Name, func(t *testing.T) {
			read(t, filepath.Join(root, l.Dir())) // go test caches by what a test reads
			p := &proof.Proof{
				Builder: &build.Builder{Root: root, Dir: t.TempDir()},
				Judge:   &judge.Judge{Dir: t.TempDir()},
				Runs:    1,
				Told: func(line proof.Line) {
					assert.True(t, line.OK(), "%s %s: %s", line.Variant, line.Check, strings.Join(line.Wrong, "\n"))
					if line.Check != "" {
						feedback(t, filepath.Join(root, l.SolutionDir(), "mistakes"), line)
					}
				},
			}
			_, err := p.Lab(t.Context(), l)
			require.NoError(t, err)
		})
	}
}

func feedback(t *testing.T, dir string, line proof.Line) {
	t.Helper()
	matches, err := filepath.Glob(filepath.Join(dir, "*"+line.Variant))
	require.NoError(t, err)
	require.Len(t, matches, 1)
	file := filepath.Join(matches[0], "feedback.golden")
	got := neutral(line.Message)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test ./solutions -update writes it")
	assert.Equal(t, string(want), got, "what %s tells about %s; go test ./solutions -update if it is better now", line.Check, line.Variant)
}

var (
	address   = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	rawReport = regexp.MustCompile(`(?s)The race detector's own report:.*?={18}.*?={18}`)
)

// neutral takes out what differs from run to run.
func neutral(message string) string {
	message = rawReport.ReplaceAllString(message, "The race detector's own report: (left out)")
	return address.ReplaceAllString(message, "HOST:PORT") + "\n"
}

// The demo's unlocked server has to be what students start from.
func TestUnlockedServerOfTheDemoIsTheStub(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	assert.Equal(t,
		code(t, filepath.Join(root, "labs", "04", "append.go")),
		code(t, filepath.Join(root, "solutions", "04", "mistakes", "nolock", "append.go")))
}

// code is a Go file without its comments.
func code(t *testing.T, file string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution) // drops comments
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, format.Node(&b, token.NewFileSet(), f)) // without positions, and so without blank lines
	return b.String()
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
