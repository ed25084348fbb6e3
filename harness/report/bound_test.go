package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/gate"
	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
	"lockstep/harness/visible"
)

// flood returns submissions to a lab with more checks than any has, as long as their authors can make them of this text.
func flood(text string) (*lab.Lab, []results.SubmissionResult) {
	l := &lab.Lab{ID: "04", Title: "Large"}
	var checks []results.CheckResult
	for i := range 40 {
		c := lab.Check{Name: fmt.Sprintf("TestCheck%d", i), Title: strings.Repeat("it works ", 10), Points: 1, Hints: []string{strings.Repeat("look again ", 20)}}
		l.Checks = append(l.Checks, c)
		checks = append(checks, results.Of(c, verdict.Failed, text, verdict.Explored{}))
	}
	name := visible.Name(strings.Repeat("\xff", 255))
	var findings []gate.Finding
	for range 1000 {
		findings = append(findings, gate.Finding{Rule: "directive", File: text, Line: 1 << 30, Detail: text})
	}
	return l, []results.SubmissionResult{
		results.Judged(name, l, checks), results.Unjudged(name, l, results.NotCompiled, text), results.Unjudged(name, l, results.Infra, text),
		results.Refused(name, l, findings, 4_000),
	}
}

func TestWhateverIsHandedInTheReportsAreBounded(t *testing.T) {
	const most = 8 * 64 << 10 // of 64 KiB in results.json: &#39; is five bytes for one, and XML and HTML have more around it
	none := t.TempDir()
	require.NoError(t, report.WriteFolder(none, nil, &results.Results{Schema: results.Schema}))
	empty := sizes(t, none)
	for _, unit := range []string{"x", "\n", "<", "'", `"`, `\`, "김", "\x00", "\xff", "\U000e0001", "a\n", "```\n", "> "} {
		t.Run(fmt.Sprintf("%q", unit), func(t *testing.T) {
			l, submissions := flood(strings.Repeat(unit, 20_000/len(unit)))
			for _, s := range submissions {
				dir := t.TempDir()
				require.NoError(t, report.WriteFolder(dir, []*lab.Lab{l}, results.New([]results.SubmissionResult{s}, 1)))
				for name, n := range sizes(t, dir) {
					assert.LessOrEqual(t, n-empty[name], most, "%s %s", s.Status, name)
				}
			}
		})
	}
}

func sizes(t *testing.T, dir string) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, pattern := range []string{"*.*", "feedback/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, file := range files {
			info, err := os.Stat(file)
			require.NoError(t, err)
			n[filepath.Base(file)] = int(info.Size())
		}
	}
	return n
}

func TestWhatIsLeftOutIsTold(t *testing.T) {
	findings := make([]gate.Finding, 4231)
	for i := range findings {
		findings[i] = gate.Finding{Rule: "init", File: "append.go", Line: i + 1, Detail: "func init"}
	}
	var b strings.Builder
	report.Feedback(&b, nil, []results.SubmissionResult{results.Refused("amira", echo, findings, 0)})
	assert.Contains(t, b.String(), "- `and 4,210 more`\n")
}
