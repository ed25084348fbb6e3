package export_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/export"
	"lockstep/harness/gate"
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

var update = flag.Bool("update", false, "write the documents into testdata as they are now")

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "go test ./harness/export -update if it is better now")
}

// echo has two core checks and a bonus one.
var echo = &lab.Lab{
	ID: "04", Title: "Echo: what is said comes back", Files: []string{"echo.go"},
	Checks: []lab.Check{
		{Name: "TestEcho", Title: "every byte comes back", Points: 60, Hints: []string{"How many bytes were read?"}},
		{Name: "TestLeaves", Title: "no goroutine stays", Points: 40, Hints: []string{"Who ends it?"}},
		{Name: "TestQuick", Title: "a slow client delays nobody", Points: 5, Bonus: true, Hints: []string{"Who waits for whom?"}},
	},
}

// by is echo's submission by a student, whose checks became this.
func by(student string, statuses ...verdict.Status) results.SubmissionResult {
	var checks []results.CheckResult
	for i, s := range statuses {
		c := results.Of(echo.Checks[i], s, "", verdict.Explored{})
		if !c.Passed() {
			c.Message = "echo_test.go:12: </script><b>\x1b[31m & \"hel\"\n"
		}
		checks = append(checks, c)
	}
	s := results.Judged(student, echo, checks)
	s.Seconds = 2.5
	return s
}

const passed = verdict.Passed

// of is a submission in each status.
func of(student string) map[string]results.SubmissionResult {
	rejected := results.Unjudged(student, echo, results.Rejected, "echo.go:3: ...")
	rejected.Policy = []gate.Finding{{Rule: "init", File: "echo.go", Line: 3, Detail: "func init"}}
	return map[string]results.SubmissionResult{
		"all passed":   by(student, passed, passed, passed),
		"some failed":  by(student, passed, verdict.Leaked, verdict.Raced),
		"tampered":     by(student, verdict.Tampered, verdict.NotRun, passed),
		"rejected":     rejected,
		"not compiled": results.Unjudged(student, echo, results.NotCompiled, "echo.go:3:1: undefined: x"),
		"infra":        results.Unjudged(student, echo, results.Infra, "no compiler in /home/teacher"),
		"endless":      endless(student),
	}
}

// endless has a message that is longer than any system takes.
func endless(student string) results.SubmissionResult {
	s := by(student, verdict.Failed, verdict.Failed, verdict.Failed)
	for i := range s.Checks {
		s.Checks[i].Message = strings.Repeat("é\"\\", 1<<20)
	}
	return results.New([]results.SubmissionResult{s}, 1).Submissions[0]
}

func TestEachSubmissionHasADocumentOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	r := results.New([]results.SubmissionResult{by("amira", passed), by(`../../b`, passed), by("..", passed), by("AMIRA", passed)}, 1)
	n, err := export.Each(dir, "results.json", r, export.Gradescope)
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
	require.NoError(t, err)
	for i := range files {
		at, err := filepath.Rel(dir, files[i])
		require.NoError(t, err)
		files[i] = filepath.ToSlash(at)
	}
	assert.ElementsMatch(t, []string{
		"AMIRA~57bd2ad6bf58ce99/04/results.json", "_~5ec1f7e700f37c3d/04/results.json", "_.._b~d959b077be6a5ea1/04/results.json", "amira~0ab2e6e613f5649e/04/results.json",
	}, files)
}
