package report_test

import (
	"encoding/xml"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/gate"
	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/verdict"
)

// by is echo's submission by a student, with these verdicts.
func by(student string, statuses ...verdict.Status) report.Submission {
	s := report.Judged(student, echo, verdicts(statuses...))
	s.Seconds = 2.5
	return s
}

func TestResultsAreWrittenAndReadAsTheyAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	none, err := report.Read(file)
	require.NoError(t, err)
	require.Nil(t, none)

	results := report.NewResults([]report.Submission{
		by("ben", passed, verdict.Leaked, passed),
		by("amira", passed, passed, verdict.Raced),
		report.Unjudged("chris", echo, report.Infra, "no compiler"),
	}, 12.3)
	results.Go = "go1.26.8"
	require.NoError(t, report.WriteFile(file, results))
	again, err := report.Read(file)
	require.NoError(t, err)
	assert.Equal(t, results, again)

	got, err := os.ReadFile(file)
	require.NoError(t, err)
	golden(t, "results.golden.json", string(got))
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
		_, err := report.Read(file)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestTroubleOfOurOwnDoesNotReplaceAVerdict(t *testing.T) {
	before := report.NewResults([]report.Submission{by("amira", passed, passed, passed), report.Unjudged("ben", echo, report.Infra, "then")}, 1)
	now := report.KeepScores(before, []report.Submission{
		report.Unjudged("amira", echo, report.Infra, "now"), report.Unjudged("ben", echo, report.Infra, "now"), report.Unjudged("chris", echo, report.Infra, "now"),
	})
	assert.Equal(t, before.Submissions[0], now[0])
	assert.Equal(t, "now", now[1].Detail)
	assert.Equal(t, "now", now[2].Detail)
	assert.Equal(t, now, report.KeepScores(nil, now))
}

func TestDiffListsWhatARegradeHasChanged(t *testing.T) {
	before := report.NewResults([]report.Submission{
		by("amira", passed, passed, passed), by("ben", passed, verdict.Leaked, passed), by("chris", passed, passed, passed),
	}, 1)
	now := report.NewResults([]report.Submission{
		by("amira", passed, passed, passed), by("ben", passed, passed, verdict.Timeout), report.Unjudged("dora", echo, report.Rejected, ""),
	}, 2)
	now.Submissions[0].Seconds = 99
	assert.Equal(t, []report.Change{
		{Student: "ben", Lab: "09", What: "60 of 100 and 5 bonus -> 100 of 100"},
		{Student: "ben", Lab: "09", What: "TestLeaves: leaked -> passed"},
		{Student: "ben", Lab: "09", What: "TestQuick: passed -> timeout"},
		{Student: "dora", Lab: "09", What: "was not there -> 0 of 100 (rejected)"},
		{Student: "chris", Lab: "09", What: "100 of 100 and 5 bonus -> is not there"},
	}, report.Diff(before, now))
	assert.Empty(t, report.Diff(now, now))
}

// class is a grading with everything in it.
func class() *report.Results {
	rejected := report.Unjudged("dora", echo, report.Rejected, "echo.go:3: func init: ...")
	rejected.Policy = []gate.Finding{{Rule: "init", File: "echo.go", Line: 3, Detail: "func init"}}
	raced := by("=cmd()", passed, passed, verdict.Raced)
	raced.Checks[2].Message = "data race on n\x1b[31m\n```\nnot the end of the block"
	return report.NewResults([]report.Submission{
		by("amira", passed, verdict.Leaked, passed), raced, rejected,
		report.Unjudged("ben", echo, report.Infra, "no compiler"),
		report.Unjudged("chris", echo, report.NotCompiled, "echo.go:3:1: undefined: x"),
	}, 9)
}

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "go test ./harness/report -update if it is better now")
}

func TestFeedbackReadsAsRecorded(t *testing.T) {
	var b strings.Builder
	for _, s := range class().Submissions {
		report.Feedback(&b, []*lab.Lab{echo}, []report.Submission{s})
		b.WriteString("\n----\n")
	}
	golden(t, "feedback.golden.md", b.String())
}

func TestFeedbackPageReadsAsRecorded(t *testing.T) {
	s := class().Students()[0]
	s.Submissions = class().Submissions
	var b strings.Builder
	require.NoError(t, report.FeedbackPage(&b, []*lab.Lab{echo}, s))
	golden(t, "feedback.golden.html", b.String())
}

func TestFeedbackIsAboutNobodyElse(t *testing.T) {
	dir := t.TempDir()
	r := class()
	require.NoError(t, report.WriteFolder(dir, []*lab.Lab{echo}, r))
	for _, student := range r.Students() {
		for _, ext := range []string{".md", ".html"} {
			data, err := os.ReadFile(filepath.Join(dir, "feedback", student.File+ext))
			require.NoError(t, err)
			for _, other := range r.Students() {
				if other.Name != student.Name {
					assert.NotContains(t, string(data), other.Name, "%s%s", student.File, ext)
				}
			}
		}
	}
}

func TestFeedbackRunsNothingThatAStudentBroughtIn(t *testing.T) {
	// whatever is hostile holds this word, and the page must not hold it as markup
	mark := regexp.MustCompile(`<[^>]*evil`)
	for _, attack := range []string{
		`<script>evil()</script>`, `<img src=x onerror=evil()>`, "```\n<script>evil()</script>", "````\n</code></pre><b evil>", "[x](javascript:evil())",
		"~~~\n<p evil>", "</title><script>evil()</script>", "`<b evil>`", "a\n\n<b evil>", "![x](http://evil/)", "<http://evil>",
	} {
		failed := by(attack, passed, verdict.Failed, passed)
		failed.Checks[1].Message = attack
		rejected := report.Unjudged(attack, echo, report.Rejected, attack)
		rejected.Policy = []gate.Finding{{Rule: "import", File: attack, Detail: attack}}
		s := report.Student{Name: attack, Submissions: []report.Submission{failed, report.Unjudged(attack, echo, report.NotCompiled, attack), rejected}}
		var b strings.Builder
		require.NoError(t, report.FeedbackPage(&b, []*lab.Lab{echo}, s))
		assert.NotRegexp(t, mark, b.String(), attack)
		assert.Contains(t, b.String(), "evil", "it is shown")
		assert.NotContains(t, b.String(), "raw HTML omitted", attack)
	}
}

func TestGradesAreATable(t *testing.T) {
	other := by("amira", passed, passed, passed)
	other.Lab = "10"
	r := class()
	r = report.NewResults(append(r.Submissions, other), 9)
	r.Class = []string{"bea", "zoe"}
	var b strings.Builder
	require.NoError(t, report.Grades(&b, r))
	assert.Equal(t, `student,lab 09,lab 09 bonus,lab 10,lab 10 bonus
'=cmd(),100,0,,
amira,60,5,100,5
bea,,,,
ben,,,,
chris,0,0,,
dora,0,0,,
zoe,,,,
`, b.String())
}

func TestJUnitIsReadAgain(t *testing.T) {
	var b strings.Builder
	require.NoError(t, report.JUnit(&b, class()))
	golden(t, "junit.golden.xml", b.String())
	var again struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Failure string `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(b.String()), &again))
	assert.Equal(t, []int{15, 2, 9}, []int{again.Tests, again.Failures, again.Errors})
	require.Len(t, again.Suites, 5)
	assert.Equal(t, "data race on n\\x1b[31m\n```\nnot the end of the block", again.Suites[0].Cases[2].Failure)
}

func TestFolderHasAFileForEachStudent(t *testing.T) {
	dir := t.TempDir()
	r := class()
	r.Submissions[0].Student, r.Submissions[1].Student = "_b_a_b", `..\b/a:b` // as files, of one name
	require.NoError(t, report.WriteFolder(dir, []*lab.Lab{echo}, r))
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if !e.IsDir() {
			at, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(at))
		}
		return err
	}))
	assert.Equal(t, []string{
		"feedback/_b_a_b.html", "feedback/_b_a_b.md", "feedback/_b_a_b~15f2ef8b27a61220.html", "feedback/_b_a_b~15f2ef8b27a61220.md", "feedback/ben.html", "feedback/ben.md",
		"feedback/chris.html", "feedback/chris.md", "feedback/dora.html", "feedback/dora.md",
		"grades.csv", "junit.xml", "report.html", "results.json",
	}, files)
}
