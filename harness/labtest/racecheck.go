package labtest

import (
	"os/exec"
	"testing"

	"lockstep/harness/norace"
	"lockstep/harness/process"
)

// failed tells whether any check of this process has failed.
var failed bool

// RaceDetector requires that the checks pass with the race detector on. In a run without it, it
// runs them a second time with it. It stands behind the other checks.
func RaceDetector(t *testing.T) {
	t.Helper()
	if norace.Race {
		return // every check of this run answers for its races
	}
	const how = "the race detector is off in this run, and without it nothing sees an access that no lock protects.\n" +
		"turn it on: go test -race ./labs/... (go run ./harness doctor tells what that needs)"
	if failed {
		t.Fatal(how)
	}
	cmd := exec.Command("go", "test", "-race", "-count=1", ".")
	cmd.Env = process.Environment("CGO_ENABLED=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s\nwith it on, these checks end differently (%v):\n\n%s", how, err, out)
	}
	t.Log("the checks pass with the race detector on as well")
}
