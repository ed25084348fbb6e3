package solutions_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
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

var update = flag.Bool("update", false, "write what the mistakes are told into NAME.feedback beside them")

// Every reference, stub and mistake goes the way that a student's files go. What a student is told
// about each mistake is kept beside it: go test ./solutions -run Mistakes/NAME -update rewrites it for the lab of that name.
func TestReferencesPassAndMistakesAreCaught(t *testing.T) {
	needs.Time(t)
	for _, l := range labs(t) {
		t.Run(l.Name, func(t *testing.T) {
			p := &verify.Verifier{
				Builder: &build.Builder{Root: l.Root, Dir: t.TempDir(), Perturb: true},
				Judge:   &judge.Judge{Dir: t.TempDir()},
				Runs:    1,
				OnLine: func(line verify.Line) {
					assert.True(t, line.OK(), "%s %s: %s", line.Variant, line.Check, strings.Join(line.Wrong, "\n"))
				},
				Feedback: func(m answers.Mistake, v judge.Verdict) { testFeedback(t, l, m, v) },
			}
			_, err := p.Lab(t.Context(), l)
			require.NoError(t, err)
		})
	}
}

func testFeedback(t *testing.T, l *lab.Lab, m answers.Mistake, v judge.Verdict) {
	got := neutral(v.Message)
	file := filepath.Join(l.Root, m.Golden())
	if *update {
		assert.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	assert.NoError(t, err, "go test ./solutions -update writes it")
	assert.Equal(t, string(want), got, "%s: go test ./solutions -run Mistakes/%s -update if it is better now", m.Path, l.Name)
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

var (
	address   = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	serverLog = regexp.MustCompile(`(?m)\n    what the server logged:\n(      .*\n?)*`)
	further   = regexp.MustCompile(`(?m)^ *a further data race, maybe for the same reason .*\n?`)
	checkFile = regexp.MustCompile(`(\w+_test\.go):\d+`)
	rawReport = regexp.MustCompile(`(?s)The race detector's own report:.*?={18}.*?={18}`)
)

// neutral takes out what differs from run to run.
func neutral(message string) string {
	message = rawReport.ReplaceAllString(message, "The race detector's own report: (left out)")
	message = further.ReplaceAllString(message, "")     // how many there are is chance
	message = serverLog.ReplaceAllString(message, "")   // goes on while the clients of a failed scenario leave
	message = checkFile.ReplaceAllString(message, "$1") // a line more in a check is no change of what is said
	return strings.TrimSpace(address.ReplaceAllString(message, "HOST:PORT")) + "\n"
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
