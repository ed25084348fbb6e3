package given_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/given"
)

// Some tests need a process that has just started: this test binary again.
func TestMain(m *testing.M) {
	if os.Getenv("GIVEN_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	started := given.Program()
	os.Args[0] = "/bin/true"
	os.Setenv("GIVEN_OTHER", "changed")
	fmt.Println(given.Secret("key"), given.Program() == started, given.Getenv("GIVEN_OTHER"), given.Environ())
	fmt.Println(os.Environ())
}

// run starts the process and returns the two lines that it prints.
func run(t *testing.T, env string) (known, visible string, err error) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = []string{"GIVEN_PROGRAM=1", "GIVEN_OTHER=as it was", env}
	out, err := cmd.Output()
	known, visible, _ = strings.Cut(string(out), "\n")
	return known, visible, err
}

func TestSecretsReachTheProcessAndAreGone(t *testing.T) {
	dir := t.TempDir()
	env, err := given.Secrets(dir, map[string]string{"key": "sesame"})
	require.NoError(t, err)
	known, visible, err := run(t, env)
	require.NoError(t, err)
	assert.Contains(t, known, "sesame true ")
	assert.NotContains(t, visible, "LOCKSTEP", "where they were is not told")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestEnvironIsThatOfTheStart(t *testing.T) {
	known, visible, err := run(t, "")
	require.NoError(t, err)
	assert.Contains(t, known, "true as it was [")
	assert.Contains(t, known, "GIVEN_OTHER=as it was")
	assert.Contains(t, visible, "GIVEN_OTHER=changed")
}

func TestProcessThatCannotReadItsSecretsEnds(t *testing.T) {
	_, _, err := run(t, "LOCKSTEP_GIVEN=/nowhere")
	exit, ok := err.(*exec.ExitError)
	require.True(t, ok, "%v", err)
	assert.Equal(t, 3, exit.ExitCode())
	assert.Contains(t, string(exit.Stderr), "lockstep: ")
}

func TestNothingIsGivenToOthers(t *testing.T) {
	assert.Empty(t, given.Secret("key"))
}
