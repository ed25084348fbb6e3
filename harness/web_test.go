package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/results"
	"lockstep/harness/trace"
	"lockstep/harness/verdict"
)

func TestAMachineWithoutABrowserIsTold(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var out, errs bytes.Buffer
	s := &session{stdout: &out, stderr: &errs}
	s.openPage("run.html", false)
	assert.Equal(t, "run.html\n", out.String())
	assert.Contains(t, errs.String(), "lockstep: no browser could be opened here: open this file in one yourself")
	errs.Reset()
	s.openPage("run.html", true)
	assert.Empty(t, errs.String())
}

func TestEachSubmissionHasOnePage(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "traces"), 0o755))
	check := func(id, source string) results.CheckResult {
		file := "traces/a b(-04-" + id + ".json"
		tr := trace.Trace{Schema: trace.Schema, ID: "04-" + id, Lab: "04", Runs: []trace.Run{{
			Files: []trace.File{{ID: "a.go", Path: "a.go", First: 2, Source: source}},
			Lanes: []trace.Lane{{ID: "g1", Name: "Serve", Mark: "S", Role: "handler"}},
			Steps: []trace.Step{{Lane: "g1", File: "a.go", Line: 2, Kind: "line", What: "x"}},
		}}}
		var b bytes.Buffer
		require.NoError(t, tr.Write(&b))
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), b.Bytes(), 0o644))
		return results.CheckResult{ID: id, Status: verdict.Failed, Trace: file}
	}
	gone := results.CheckResult{ID: "TestGone", Status: verdict.Failed, Trace: "traces/a b(-04-TestGone.json"}
	passed := results.CheckResult{ID: "TestPassed", Status: verdict.Passed}
	r := &results.Results{Submissions: []results.SubmissionResult{
		{Student: "a b(", Lab: "04", Checks: []results.CheckResult{passed, gone, check("TestA", "x"), check("TestB", "y"), check("TestLarge", strings.Repeat("<", maxPage/4))}},
		{Student: "ben", Lab: "04", Checks: []results.CheckResult{passed}},
	}}
	require.NoError(t, writePages(dir, r))
	var pages []string
	for _, c := range r.Submissions[0].Checks {
		pages = append(pages, c.Page)
	}
	assert.Equal(t, []string{"", "", "traces/a%20b%28-04.html#trace=04-TestA", "traces/a%20b%28-04.html#trace=04-TestB", ""}, pages, "those that are there, and that there is room for")
	text, err := os.ReadFile(filepath.Join(dir, "traces", "a b(-04.html"))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(text), maxPage)
	assert.Contains(t, string(text), `"id":"04-TestB"`)
	all, err := filepath.Glob(filepath.Join(dir, "traces", "*.html"))
	require.NoError(t, err)
	assert.Len(t, all, 1)
}
