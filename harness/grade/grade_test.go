package grade

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/results"
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
	builder, _, err := build.Graded(root, t.TempDir())
	require.NoError(t, err)
	return &Grader{
		Builder: builder,
		Judge:   &judge.Judge{Dir: t.TempDir()},
		Cache:   filepath.Join(t.TempDir(), "finished"),
	}, all
}

func TestEachSubmissionGetsItsOwnResult(t *testing.T) {
	needs.Time(t)
	g, submissions := class(t, map[string]string{
		"right":   "",
		"init":    "package oneshot\n\nfunc init() {}\n",
		"broken":  "package oneshot\n\nfunc f() { nonsense() }\n",
		"missing": "package oneshot\n",
	})
	all, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	require.Len(t, all, 4)
	right, rejected, broken, missing := all[0], all[1], all[2], all[3]

	assert.Equal(t, results.Graded, right.Status)
	assert.Equal(t, 100, *right.Score)
	for _, c := range right.Checks {
		assert.Equal(t, verdict.Passed, c.Status, c.ID)
		assert.Equal(t, c.Max, c.Points, c.ID)
	}

	assert.Equal(t, results.Rejected, rejected.Status)
	assert.Zero(t, *rejected.Score)
	require.Len(t, rejected.Policy, 1)
	assert.Equal(t, "init", rejected.Policy[0].Rule)
	assert.Equal(t, 3, rejected.Policy[0].Line)
	assert.Equal(t, verdict.NotRun, rejected.Checks[0].Status)

	assert.Equal(t, results.NotCompiled, broken.Status)
	assert.Contains(t, broken.Detail, "oneshot.go:3:12: undefined: nonsense")
	assert.NotContains(t, broken.Detail, string(filepath.Separator), "no folder of this machine")

	assert.Equal(t, results.NotCompiled, missing.Status)
	assert.Equal(t, "oneshot.go is not there; it is the file to edit", missing.Detail)

	// Everything is finished: nothing has to be built, not even for somebody else with the same files.
	g.Builder = &build.Builder{Root: g.Builder.Root, Dir: "/nowhere", Steer: g.Builder.Steer}
	submissions = append(submissions, submissions[0])
	submissions[4].Student = "same"
	g.OnResult = func(s results.SubmissionResult, kept bool) { assert.True(t, kept, s.Student) }
	again, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	assert.Equal(t, all, again[:4])
	assert.Equal(t, "same", again[4].Student)
	assert.Equal(t, right.Checks, again[4].Checks)
}

func TestConfinementOfTheSubmissionsIsTold(t *testing.T) {
	g, _ := class(t, nil)
	c := g.Confinement()
	assert.Equal(t, "none", c.Name)
	require.NotEmpty(t, c.Restrictions)
	for _, l := range c.Restrictions {
		assert.False(t, l.Active, l.Name)
	}
}

func TestTroubleOfOurOwnGivesNoScoreAndIsNotKept(t *testing.T) {
	g, submissions := class(t, map[string]string{"right": ""})
	g.Builder.Dir = filepath.Join(t.TempDir(), "nowhere")
	all, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	assert.Equal(t, results.Infra, all[0].Status)
	assert.Nil(t, all[0].Score)
	assert.Contains(t, all[0].Detail, "nowhere")
	files, err := os.ReadDir(g.Cache)
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestWhatIsFinishedIsKeptWhenGradingIsInterrupted(t *testing.T) {
	g, submissions := class(t, map[string]string{
		"init":   "package oneshot\n\nfunc init() {}\n",
		"broken": "package oneshot\n\nfunc f() { nonsense() }\n",
	})
	ctx, cancel := context.WithCancel(t.Context())
	g.workers = 1
	g.OnResult = func(results.SubmissionResult, bool) { cancel() }
	_, err := g.All(ctx, submissions)
	require.ErrorIs(t, err, context.Canceled)

	var kept []bool
	g.OnResult = func(_ results.SubmissionResult, was bool) { kept = append(kept, was) }
	_, err = g.All(t.Context(), submissions)
	require.NoError(t, err)
	assert.Equal(t, []bool{true, false}, kept)
}

func TestResultThatIsNotBelievedIsGradedAgain(t *testing.T) {
	g, submissions := class(t, map[string]string{"init": "package oneshot\n\nfunc init() {}\n"})
	want, err := g.All(t.Context(), submissions)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(g.Cache, "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	good, err := os.ReadFile(files[0])
	require.NoError(t, err)

	type kept struct { // as the file has it
		Schema     string                   `json:"schema"`
		For        string                   `json:"for"`
		Submission results.SubmissionResult `json:"submission"`
	}
	// forged is the kept result, changed.
	forged := func(change func(k *kept)) string {
		var k kept
		require.NoError(t, json.Unmarshal(good, &k))
		change(&k)
		data, err := json.Marshal(k)
		require.NoError(t, err)
		return string(data)
	}
	full := func(k *kept) { // all that the lab gives
		s := &k.Submission
		s.Status, s.Policy, s.Score, s.Max, s.Bonus = results.Graded, nil, new(int), 0, 0
		for i := range s.Checks {
			c := &s.Checks[i]
			if c.Status, c.Points = verdict.Passed, c.Max; c.Bonus {
				s.Bonus += c.Max
				continue
			}
			*s.Score, s.Max = *s.Score+c.Max, s.Max+c.Max
		}
	}
	for _, row := range []struct {
		name, text string
		believed   bool
	}{
		{"as it was", string(good), true},
		{"the form alone", forged(func(k *kept) { k.Submission.Seconds++ }), true},
		{"what fits together", forged(full), true}, // whoever writes into the folder can grade, too
		{"half of it", string(good[:len(good)/2]), false},
		{"nothing", "", false},
		{"a status alone", `{"status": "graded", "lab": "01"}`, false},
		{"a status alone, in its form", forged(func(k *kept) { k.Submission = results.SubmissionResult{Status: results.Graded, Lab: "01"} }), false},
		{"a name that is no student's", forged(func(k *kept) { k.Submission.Student = "\x1b" }), false},
		{"another form", forged(func(k *kept) { k.Schema = "lockstep/grade/v0" }), false},
		{"of another submission", forged(func(k *kept) { k.For = "01-0.json" }), false},
		{"another lab", forged(func(k *kept) { full(k); k.Submission.Lab = "99" }), false},
		{"no status", forged(func(k *kept) { k.Submission.Status = "" }), false},
		{"an unknown status", forged(func(k *kept) { k.Submission.Status = "splendid" }), false},
		{"trouble of our own", forged(func(k *kept) { k.Submission.Status, k.Submission.Score, k.Submission.Policy = results.Infra, nil, nil }), false},
		{"no score", forged(func(k *kept) { k.Submission.Score = nil }), false},
		{"a score that nothing adds up to", forged(func(k *kept) { full(k); *k.Submission.Score-- }), false},
		{"a bonus that nothing adds up to", forged(func(k *kept) { full(k); k.Submission.Bonus += 20 }), false},
		{"no checks", forged(func(k *kept) { full(k); k.Submission.Checks = nil }), false},
		{"a check less", forged(func(k *kept) { k.Submission.Checks = k.Submission.Checks[1:]; full(k) }), false},
		{"a check more", forged(func(k *kept) {
			k.Submission.Checks = append(k.Submission.Checks, results.CheckResult{ID: "TestMore", Max: 5})
			full(k)
		}), false},
		{"a check twice", forged(func(k *kept) { k.Submission.Checks[1] = k.Submission.Checks[0]; full(k) }), false},
		{"other points", forged(func(k *kept) { k.Submission.Checks[0].Max += 5; k.Submission.Checks[1].Max -= 5; full(k) }), false},
		{"a bonus check", forged(func(k *kept) { k.Submission.Checks[0].Bonus = !k.Submission.Checks[0].Bonus; full(k) }), false},
		{"points for what failed", forged(func(k *kept) { full(k); k.Submission.Checks[0].Status = verdict.Failed }), false},
		{"an unknown verdict", forged(func(k *kept) { full(k); k.Submission.Checks[0].Status = "good" }), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(files[0], []byte(row.text), 0o644))
			g.OnResult = func(_ results.SubmissionResult, kept bool) { assert.Equal(t, row.believed, kept) }
			got, err := g.All(t.Context(), submissions)
			require.NoError(t, err)
			if !row.believed {
				want[0].Seconds = got[0].Seconds
				assert.Equal(t, want, got)
			}
		})
	}
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
