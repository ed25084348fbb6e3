package labtest

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lockstep/harness/scenario"
	"lockstep/harness/startenv"
)

// Scenario plays a script of this lab, scripts/NN/NAME.txtar, against the student's server in a
// process of its own, and makes t a check.
func Scenario(t *testing.T, name string) {
	t.Helper()
	ScenarioWith(t, name, scenario.Options{})
}

// ScenarioWith is Scenario with options: for a lab where students write the client, which runs in this process (the server is
// that of the check then), or whose scripts have commands of their own. Who hears of races is not for the caller to say.
func ScenarioWith(t *testing.T, name string, o scenario.Options) {
	t.Helper()
	c := begin(t)
	unsteered(t, "processes of its own")
	if o.Program != nil {
		c.role = aClient
	}
	dir := startenv.Dir() // go test runs in the package's folder
	o.Reported = c.reported
	file := filepath.Join(dir, "..", "..", "scripts", filepath.Base(dir), name+".txtar")
	ctx, cancel := context.WithTimeout(t.Context(), deadline())
	defer cancel()
	transcript, err := scenario.Play(ctx, file, func() *exec.Cmd { return exec.Command(startenv.Program()) }, o)
	if err != nil {
		t.Fatalf("%s could not be played: %v", name, err)
	}
	c.misuses = append(c.misuses, transcript.Misuses...)
	if transcript.Failure == "" {
		return
	}
	t.Error(soFar(transcript, filepath.Join("scripts", filepath.Base(dir), name+".txtar")))
}

// soFar is what to say of a scenario that went wrong.
func soFar(transcript *scenario.Transcript, script string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nthe story so far (%s):\n%s", transcript.Failure, script, transcript.Text())
	if len(transcript.Stored) > 0 {
		b.WriteString("\nwhat the server stored:\n")
		for _, span := range transcript.Spans() {
			from := span.File
			if from == "" {
				from = "nobody's bytes"
			}
			for line := range strings.Lines(span.Text) {
				fmt.Fprintf(&b, "  %-15s | %s\n", from, strings.TrimRight(line, "\n"))
			}
		}
	}
	if transcript.Server != "" {
		fmt.Fprintf(&b, "\nwhat the server logged:\n  %s\n", strings.ReplaceAll(strings.TrimSpace(transcript.Server), "\n", "\n  "))
	}
	for _, note := range transcript.Notes {
		fmt.Fprintf(&b, "\nnote: %s\n", note)
	}
	return b.String()
}
