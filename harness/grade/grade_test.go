package grade

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/verdict"
)

// class returns a grader for lab 01, and submissions to it, by student: the reference's text and others.
func class(t *testing.T, texts map[string]string) (*Grader, []collect.Submission) {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(root, "01")
	require.NoError(t, err)
	reference, err := os.ReadFile(filepath.Join(root, l.SolutionDir(), l.Files[0]))
	require.NoError(t, err)
	var all []collect.Submission
	for _, student := range []string{"right", "init", "broken", "missing", "same"} {
		text, ok := texts[student]
		switch {
		case !ok:
			continue
		case text == "":
			text = string(reference)
		}
		file := l.Files[0]
		if student == "missing" {
			file = "other.go"
		}
		all = append(all, collect.Submission{Student: student, Lab: l, Files: []lab.File{{Name: file, Data: []byte(text)}}})
	}
	return &Grader{
		Builder: &build.Builder{Root: root, Dir: t.TempDir(), Perturb: true},
		Judge:   &judge.Judge{Dir: t.TempDir()},
		Tmp:     t.TempDir(),
		Kept:    filepath.Join(t.TempDir(), "finished"),
	}, all
}

func TestEachSubmissionGetsItsOwnResult(t *testing.T) {
	g, submissions := class(t, map[string]string{
		"right":   "",
		"init":    "package oneshot\n\nfunc init() {}\n",
		"broken":  "package oneshot\n\nfunc f() { nonsense() }\n",
		"missing": "package oneshot\n",
	})
	results, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	require.Len(t, results, 4)
	right, rejected, broken, missing := results[0], results[1], results[2], results[3]

	assert.Equal(t, report.Graded, right.Status)
	assert.Equal(t, 100, *right.Score)
	for _, c := range right.Checks {
		assert.Equal(t, verdict.Passed, c.Status, c.ID)
		assert.Equal(t, c.Max, c.Points, c.ID)
	}

	assert.Equal(t, report.Rejected, rejected.Status)
	assert.Zero(t, *rejected.Score)
	require.Len(t, rejected.Policy, 1)
	assert.Equal(t, "init", rejected.Policy[0].Rule)
	assert.Equal(t, 3, rejected.Policy[0].Line)
	assert.Equal(t, verdict.NotRun, rejected.Checks[0].Status)

	assert.Equal(t, report.NotCompiled, broken.Status)
	assert.Contains(t, broken.Detail, "oneshot.go:3:12: undefined: nonsense")
	assert.NotContains(t, broken.Detail, g.Tmp)

	assert.Equal(t, report.NotCompiled, missing.Status)
	assert.Equal(t, "oneshot.go is not there; it is the file to edit", missing.Detail)

	// Everything is finished: nothing has to be built, not even for somebody else with the same files.
	g.Builder = &build.Builder{Root: g.Builder.Root, Dir: "/nowhere"}
	submissions = append(submissions, submissions[0])
	submissions[4].Student = "same"
	g.Told = func(s report.Submission, kept bool) { assert.True(t, kept, s.Student) }
	again, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	assert.Equal(t, results, again[:4])
	assert.Equal(t, "same", again[4].Student)
	assert.Equal(t, right.Checks, again[4].Checks)
}

func TestTroubleOfOurOwnGivesNoScoreAndIsNotKept(t *testing.T) {
	g, submissions := class(t, map[string]string{"right": ""})
	g.Builder.Dir = filepath.Join(t.TempDir(), "nowhere")
	results, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	assert.Equal(t, report.Infra, results[0].Status)
	assert.Nil(t, results[0].Score)
	assert.Contains(t, results[0].Detail, "nowhere")
	files, err := os.ReadDir(g.Kept)
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestWhatIsFinishedIsKeptWhenGradingIsInterrupted(t *testing.T) {
	g, submissions := class(t, map[string]string{
		"init":   "package oneshot\n\nfunc init() {}\n",
		"broken": "package oneshot\n\nfunc f() { nonsense() }\n",
	})
	ctx, cancel := context.WithCancel(t.Context())
	g.Workers = 1
	g.Told = func(report.Submission, bool) { cancel() }
	_, err := g.All(ctx, submissions)
	require.ErrorIs(t, err, context.Canceled)

	var kept []bool
	g.Told = func(_ report.Submission, was bool) { kept = append(kept, was) }
	_, err = g.All(t.Context(), submissions)
	require.NoError(t, err)
	assert.Equal(t, []bool{true, false}, kept)
}

func TestResultThatCannotBeReadIsGradedAgain(t *testing.T) {
	g, submissions := class(t, map[string]string{"init": "package oneshot\n\nfunc init() {}\n"})
	_, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(g.Kept, "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.WriteFile(files[0], []byte(`{"stu`), 0o644))
	g.Told = func(_ report.Submission, kept bool) { assert.False(t, kept) }
	results, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	assert.Equal(t, report.Rejected, results[0].Status)
}

func TestNameOfAResultDependsOnEveryFile(t *testing.T) {
	g, submissions := class(t, map[string]string{"right": ""})
	names := map[string]bool{}
	for _, files := range [][]lab.File{
		{{Name: "a.go", Data: []byte("x")}},
		{{Name: "b.go", Data: []byte("x")}},
		{{Name: "a.go", Data: []byte("y")}},
		{{Name: "a.go", Data: []byte("x")}, {Name: "b.go"}},
		{{Name: "a.go"}, {Name: "b.go", Data: []byte("x")}},
	} {
		submissions[0].Files = files
		names[g.keptFile("kit", submissions[0])] = true
		names[g.keptFile("another kit", submissions[0])] = true
	}
	assert.Len(t, names, 10)
}
