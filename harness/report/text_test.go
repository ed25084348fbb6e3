package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/results/resultstest"
	"lockstep/harness/verdict"
)

var update = flag.Bool("update", false, "write the reports into testdata as they are now")

// what the tests are about
var (
	echo   = resultstest.Echo
	became = resultstest.Became
	by     = resultstest.By
)

const passed = verdict.Passed

func TestTextReadsAsRecorded(t *testing.T) {
	for _, c := range []struct {
		golden string
		text   report.Text
		checks []results.CheckResult
	}{
		{"passed", report.Text{}, became(passed, passed, passed)},
		{"one-failed", report.Text{}, became(passed, verdict.Leaked, passed)},
		{"first-of-three", report.Text{Hints: 1}, became(verdict.Failed, verdict.Leaked, verdict.Raced)},
		{"with-a-trace", report.Text{Hints: 1}, recorded(became(passed, passed, verdict.Raced))},
		{"all-with-three-hints", report.Text{All: true, Hints: 3}, became(verdict.Failed, verdict.Leaked, verdict.Raced)},
	} {
		t.Run(c.golden, func(t *testing.T) {
			got := plain(c.text, c.checks)
			path := filepath.Join("testdata", c.golden+".golden")
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "go test ./harness/report -update makes it")
			assert.Equal(t, string(want), got)
		})
	}
}

// recorded gives the last check a trace.
func recorded(checks []results.CheckResult) []results.CheckResult {
	last := &checks[len(checks)-1]
	last.Trace, last.Lanes = "traces/09-TestQuick.json", "    client 1's handler   client 2's handler\n  1 12  n++\n  2                      12  n++\n"
	return checks
}

// plain is the report on a terminal that knows neither colour nor weight.
func plain(text report.Text, checks []results.CheckResult) string {
	text.Seeds = map[string]uint64{}
	for _, c := range checks {
		text.Seeds[c.ID] = 7
	}
	var out bytes.Buffer
	text.Write(&colorprofile.Writer{Forward: &out, Profile: colorprofile.NoTTY}, echo, checks)
	return out.String()
}

func TestTextGivesAsManyHintsAsThereAre(t *testing.T) {
	failed := became(verdict.Failed, passed, passed)
	one, all := plain(report.Text{Hints: 1}, failed), plain(report.Text{Hints: 3}, failed)
	for hints, want := range map[int]string{-1: one, 0: one, 1: one, 3: all, 4: all} {
		assert.Equal(t, want, plain(report.Text{Hints: hints}, failed), "%d hints", hints)
	}
}

func TestTextHasColours(t *testing.T) {
	var out bytes.Buffer
	report.Text{}.Write(&out, echo, became(passed, verdict.Failed, passed))
	assert.Contains(t, out.String(), "\x1b[32mpassed")
	assert.Contains(t, out.String(), "\x1b[31mfailed")
	assert.NotContains(t, plain(report.Text{}, became(passed, verdict.Failed, passed)), "\x1b")
}

func TestTextKeepsTheCureForTheSecondHint(t *testing.T) {
	raced := became(passed, passed, verdict.Raced)
	raced[2].Message = "data race on n\nWhat is missing: a lock around that line.\n"
	one, two := plain(report.Text{Hints: 1}, raced), plain(report.Text{Hints: 2}, raced)
	assert.Contains(t, one, "data race on n\n")
	assert.NotContains(t, one, "a lock around")
	assert.Contains(t, one, "(what is missing at these lines: --hints 2)")
	assert.Contains(t, two, "What is missing: a lock around that line.\n")
	assert.NotContains(t, two, "at these lines")
}
