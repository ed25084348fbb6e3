package results

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/gate"
	"lockstep/harness/lab"
	"lockstep/harness/verdict"
	"lockstep/harness/visible"
)

// large is a lab with more checks than any has.
func large() *lab.Lab {
	l := &lab.Lab{ID: "04", Title: "Large"}
	for i := range 40 {
		l.Checks = append(l.Checks, lab.Check{Name: fmt.Sprintf("TestCheck%d", i), Title: strings.Repeat("it works ", 10), Points: 1, Hints: []string{strings.Repeat("look again ", 20)}})
	}
	return l
}

// flood returns submissions that are as long as their authors can make them, of one character.
func flood(text string) []SubmissionResult {
	l := large()
	var checks []CheckResult
	for _, c := range l.Checks {
		checks = append(checks, Of(c, verdict.Failed, text, verdict.Explored{}))
	}
	name := visible.Name(strings.Repeat("\xff", 255))
	var findings []gate.Finding
	for range 1000 {
		findings = append(findings, gate.Finding{Rule: "directive", File: text, Line: 1 << 30, Detail: text})
	}
	return []SubmissionResult{Judged(name, l, checks), Unjudged(name, l, NotCompiled, text), Unjudged(name, l, Infra, text), Refused(name, l, findings, 4_000)}
}

func TestWhateverIsHandedInTheResultsAreBounded(t *testing.T) {
	written := func(r *Results) (file string, size int) {
		file = filepath.Join(t.TempDir(), "results.json")
		require.NoError(t, r.Write(file))
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		return file, len(data)
	}
	_, empty := written(&Results{Schema: Schema})
	for _, unit := range []string{"x", "\n", "<", "'", `"`, `\`, "김", "\x00", "\xff", "\U000e0001", "a\n", "```\n", "> "} {
		t.Run(fmt.Sprintf("%q", unit), func(t *testing.T) {
			for _, s := range flood(strings.Repeat(unit, 20_000/len(unit))) {
				file, size := written(New([]SubmissionResult{s}, 1))
				assert.LessOrEqual(t, size-empty, maxSubmission, "%s", s.Status)
				assert.Equal(t, s, s.bounded(), "twice is once")
				again, err := Read(file)
				require.NoError(t, err)
				assert.Equal(t, s, again.Submissions[0])
			}
		})
	}
}

func TestWhatIsLeftOutIsTold(t *testing.T) {
	l := large()
	l.Checks = l.Checks[:2]
	long := "it said\n" + strings.Repeat("x", 1<<20) + "\nat append.go:3"
	s := Judged("amira", l, []CheckResult{Of(l.Checks[0], verdict.Failed, long, verdict.Explored{}), Of(l.Checks[1], verdict.Failed, "short", verdict.Explored{})})
	assert.Regexp(t, `(?s)^it said\nx+\n\.\.\. 1,040,\d\d\d bytes left out \.\.\.\nx+\nat append.go:3$`, s.Checks[0].Message)
	assert.Equal(t, "short", s.Checks[1].Message)

	findings := make([]gate.Finding, 4231)
	for i := range findings {
		findings[i] = gate.Finding{Rule: "init", File: "append.go", Line: i + 1, Detail: "func init"}
	}
	s = Refused("amira", l, findings, 0)
	lines := s.Findings()
	require.Len(t, lines, 22)
	assert.Equal(t, "and 4,210 more", lines[21])
	assert.Equal(t, 4_220, Refused("amira", l, findings, 10).PolicyMore, "those that the gate counted only")
}

func TestLongMessagesLeaveRoomForOthers(t *testing.T) {
	messages := []string{strings.Repeat("x", 100), strings.Repeat("x", 1<<20), strings.Repeat("x", 1<<20)}
	assert.Equal(t, 450, share(1000, messages))
	assert.Equal(t, maxMessage, share(1<<20, messages))
	assert.Equal(t, maxMessage, share(0, nil))
}

func FuzzCost(f *testing.F) {
	f.Add("a\"\\\n\t<>&\u2028\x00\xffé김\U0001f600", 100)
	f.Fuzz(func(t *testing.T, text string, most int) {
		text = visible.Text(text)
		data, err := json.Marshal(text)
		require.NoError(t, err)
		assert.Equal(t, len(data)-2, cost(text), "%q", text)
		short := cut(text, most, "\n")
		assert.LessOrEqual(t, cost(short), max(60, most))
		assert.Equal(t, short, cut(short, most, "\n"))
	})
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 4211: "4,211", 1234567: "1,234,567"} {
		assert.Equal(t, want, thousands(n))
	}
}
