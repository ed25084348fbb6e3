package results_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/results"
	"lockstep/harness/results/resultstest"
	"lockstep/harness/verdict"
)

var update = flag.Bool("update", false, "write results.json into testdata as it is now")

// what the tests are about
var (
	echo   = resultstest.Echo
	became = resultstest.Became
	by     = resultstest.By
)

const passed = verdict.Passed

func TestResultsAreWrittenAndReadAsTheyAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	none, err := results.Read(file)
	require.NoError(t, err)
	require.Nil(t, none)

	r := results.New([]results.SubmissionResult{
		by("ben", passed, verdict.Leaked, passed),
		by("amira", passed, passed, verdict.Raced),
		results.Unjudged("chris", echo, results.Infra, "no compiler"),
	}, 12.3)
	r.Go = "go1.26.8"
	require.NoError(t, r.Write(file))
	again, err := results.Read(file)
	require.NoError(t, err)
	assert.Equal(t, r, again)

	got, err := os.ReadFile(file)
	require.NoError(t, err)
	golden := filepath.Join("testdata", "results.golden.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, got, 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "go test ./harness/results -update if it is better now")
}

func TestOtherFilesAreNotTakenForResults(t *testing.T) {
	one := func(student, rest string) string {
		return `{"schema": "lockstep/grade/v1", "submissions": [{"student": "` + student + `", "lab": "09", ` + rest + `}]}`
	}
	check := func(text string) string {
		return one("amira", `"status": "graded", "score": 60, "max": 60, "checks": [`+text+`]`)
	}
	passed := `{"id": "TestEcho", "status": "passed", "points": 60, "max": 60}`
	for text, want := range map[string]string{
		`{"sch`:               "is not what grade has written",
		`{"schema": "other"}`: `has the schema "other", and should have "lockstep/grade/v1"`,

		one("amira", `"status": "good"`):                                                           `results.json is not what grade has written: amira 09: there is no status "good"; grade again, or name another file`,
		one("amira", `"status": "graded"`):                                                         "amira 09: it is graded, and has no score",
		one("amira", `"status": "graded", "score": 100, "max": 100`):                               "amira 09: it says 100 of 100, and its checks add up to 0 of 0 and 0 bonus",
		one("amira", `"status": "infra", "score": 0`):                                              "amira 09: it is infra, and has a score",
		one("amira", `"status": "rejected", "score": 0`):                                           "amira 09: it is rejected, with 0 findings",
		one("amira", `"status": "graded", "score": 0, "lab": "../09"`):                             `"../09" is no lab`,
		one("amira", `"status": "not_compiled", "checks": [`+passed+`]`):                           "TestEcho: it is passed, and the submission not_compiled",
		one(`a\u001bb`, `"status": "graded", "score": 0`):                                          `a\x1bb 09: "a\x1bb" is no student's name`,
		one(`a\u202eb`, `"status": "graded", "score": 0`):                                          `"a\u202eb" is no student's name`,
		one("\xff", `"status": "infra"},{"student": "`+"\xfe"+`", "lab": "09", "status": "infra"`): "\ufffd 09 is there twice",
		one("", `"status": "graded", "score": 0`):                                                  `"" is no student's name`,
		one("amira", `"status": "infra"},{"student": "amira", "lab": "09", "status": "infra"`):     "amira 09 is there twice",

		check(passed + "," + passed):                                             `the check "TestEcho" is there twice`,
		check(`{"id": "TestEcho", "status": "good", "max": 60}`):                 `TestEcho: there is no status "good"`,
		check(`{"id": "TestEcho", "status": "raced", "points": 60, "max": 60}`):  "TestEcho: 60 of 60 points, for a check that is raced",
		check(`{"id": "TestEcho", "status": "passed", "points": 70, "max": 60}`): "TestEcho: 70 of 60 points, for a check that is passed",
		check(`{"id": "TestEcho", "status": "passed", "points": -1, "max": -1}`): "TestEcho: -1 of -1 points",
		check(`{"status": "passed"}`):                                            `the check "" is there twice, or has no name`,
	} {
		file := filepath.Join(t.TempDir(), "results.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		_, err := results.Read(file)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestOneResultIsReadUnderTheNameItWasWrittenUnder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "09-1.json")
	s := by("amira", passed, verdict.Leaked, passed)
	require.NoError(t, s.Write(file))
	again, err := results.ReadOne(file)
	require.NoError(t, err)
	assert.Equal(t, s, again)

	other := filepath.Join(dir, "09-2.json")
	require.NoError(t, os.Rename(file, other))
	_, err = results.ReadOne(other)
	assert.ErrorContains(t, err, `09-2.json was written as "09-1.json"`)
	_, err = results.ReadOne(file)
	assert.ErrorIs(t, err, os.ErrNotExist)

	*s.Score++
	require.NoError(t, s.Write(file))
	_, err = results.ReadOne(file)
	assert.ErrorContains(t, err, "09-1.json is not what grade has written: it says 61 of 100 and 5 bonus, and its checks add up to 60 of 100 and 5 bonus")

	require.NoError(t, results.New([]results.SubmissionResult{by("amira", passed, passed, passed)}, 1).Write(file))
	_, err = results.ReadOne(file)
	assert.ErrorContains(t, err, `was written as ""`, "the results of a class")
}

func TestWhatCannotBeWrittenLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "results.json")
	require.NoError(t, os.Mkdir(file, 0o755))
	require.Error(t, results.WriteFile(file, []byte("x")))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

func TestTroubleOfOurOwnDoesNotReplaceAVerdict(t *testing.T) {
	before := results.New([]results.SubmissionResult{by("amira", passed, passed, passed), results.Unjudged("ben", echo, results.Infra, "then")}, 1)
	now := results.KeepScores(before, []results.SubmissionResult{
		results.Unjudged("amira", echo, results.Infra, "now"), results.Unjudged("ben", echo, results.Infra, "now"), results.Unjudged("chris", echo, results.Infra, "now"),
	})
	assert.Equal(t, before.Submissions[0], now[0])
	assert.Equal(t, "now", now[1].Detail)
	assert.Equal(t, "now", now[2].Detail)
	assert.Equal(t, now, results.KeepScores(nil, now))
}

func TestDiffListsWhatARegradeHasChanged(t *testing.T) {
	before := results.New([]results.SubmissionResult{
		by("amira", passed, passed, passed), by("ben", passed, verdict.Leaked, passed), by("chris", passed, passed, passed),
	}, 1)
	now := results.New([]results.SubmissionResult{
		by("amira", passed, passed, passed), by("ben", passed, passed, verdict.Timeout), results.Unjudged("dora", echo, results.Rejected, ""),
	}, 2)
	now.Submissions[0].Seconds = 99
	assert.Equal(t, []results.Change{
		{Student: "ben", Lab: "09", What: "60 of 100 and 5 bonus -> 100 of 100"},
		{Student: "ben", Lab: "09", What: "TestLeaves: leaked -> passed"},
		{Student: "ben", Lab: "09", What: "TestQuick: passed -> timeout"},
		{Student: "dora", Lab: "09", What: "was not there -> 0 of 100 (rejected)"},
		{Student: "chris", Lab: "09", What: "100 of 100 and 5 bonus -> is not there"},
	}, results.Diff(before, now))
	assert.Empty(t, results.Diff(now, now))
}
