package report_test

import (
	"encoding/xml"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/gate"
	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

// class is a grading with everything in it.
func class() *results.Results {
	rejected := results.Unjudged("dora", echo, results.Rejected, "echo.go:3: func init: ...")
	rejected.Policy = []gate.Finding{{Rule: "init", File: "echo.go", Line: 3, Detail: "func init"}}
	raced := by("=cmd()", passed, passed, verdict.Raced)
	raced.Checks[2].Message = "data race on n\x1b[31m\n```\nnot the end of the block"
	leaked := by("amira", passed, verdict.Leaked, passed)
	leaked.Checks[1].Page = "traces/amira-09.html#trace=09-TestLeaves"
	return results.New([]results.SubmissionResult{
		leaked, raced, rejected,
		results.Unjudged("ben", echo, results.Infra, "no compiler"),
		results.Unjudged("chris", echo, results.NotCompiled, "echo.go:3:1: undefined: x"),
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
		report.Feedback(&b, []*lab.Lab{echo}, []results.SubmissionResult{s})
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
		rejected := results.Unjudged(attack, echo, results.Rejected, attack)
		rejected.Policy = []gate.Finding{{Rule: "import", File: attack, Detail: attack}}
		s := results.Student{Name: attack, Submissions: []results.SubmissionResult{failed, results.Unjudged(attack, echo, results.NotCompiled, attack), rejected}}
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
	r = results.New(append(r.Submissions, other), 9)
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

	root, err := lab.Root(".")
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, "docs", "instructors.md"))
	require.NoError(t, err)
	for _, file := range files {
		if path.Dir(file) == "." {
			assert.Contains(t, string(page), "`"+file+"`", "docs/instructors.md does not have it")
		}
	}
}
