package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// patience is for what has to happen: a build on a busy machine.
const patience = 2 * time.Minute

// A command that is interrupted leaves no process and no temporary file behind, wherever it was.
func TestInterruptLeavesNothingBehind(t *testing.T) {
	needs.Time(t)
	for _, row := range []struct {
		name string
		args []string
		when string // a file of this name, anywhere under the temporary folder, means: now
	}{
		{"demo while it builds", []string{"demo", "--plain"}, "build-*"},
		{"demo while it plays", []string{"demo", "--plain"}, "lockstep-scenario-*"},
		{"check while it builds", []string{"check", "04"}, "overlay.json"},
		{"check while it judges", []string{"check", "04"}, "check-*"},
		{"check while a server runs", []string{"check", "04"}, "lockstep-scenario-*"},
		{"verify", []string{"verify", "--runs", "1000", "--load", "1", "04"}, "check-*"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tmp := t.TempDir()
			cmd := command(t, tmp, row.args...)
			require.NoError(t, cmd.Start())
			awaitFile(t, tmp, row.when)
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			err := wait(t, cmd)
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				assert.Contains(t, []int{stopped, notYet}, exit.ExitCode(), "notYet if the command was through when it was interrupted")
			} else {
				require.NoError(t, err)
			}
			requireNothingLeft(t, tmp)
		})
	}
}

func TestOutputThatNobodyReadsLeavesNothingBehind(t *testing.T) {
	needs.Time(t)
	tmp := t.TempDir()
	cmd := command(t, tmp, "verify", "--runs", "1000", "04")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	require.True(t, bufio.NewScanner(out).Scan())
	require.NoError(t, out.Close())
	wait(t, cmd) // the next line that it prints
	requireNothingLeft(t, tmp)
}

// Nothing can remove files after a SIGKILL, but what the command started ends by itself, and the next command sweeps.
func TestKilledCommandLeavesNoProcessAndItsFilesToTheNext(t *testing.T) {
	needs.Time(t)
	tmp := t.TempDir()
	cmd := command(t, tmp, "verify", "--runs", "1000", "04")
	require.NoError(t, cmd.Start())
	awaitFile(t, tmp, "lockstep-scenario-*")
	require.NoError(t, cmd.Process.Kill())
	wait(t, cmd)
	requireNoProcess(t, tmp)
	next := command(t, tmp, "grade", "diff", "none", "none")
	require.NoError(t, next.Start())
	require.Error(t, wait(t, next), "it has nothing to compare, and swept before it saw that")
	requireNothingLeft(t, tmp)
}

func TestRunServesUntilItIsInterrupted(t *testing.T) {
	needs.Time(t)
	tmp := t.TempDir()
	cmd := command(t, tmp, "run", "04", "--solution", "--", "-addr", "127.0.0.1:0", "-file", filepath.Join(tmp, "received"))
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(stderr)
	require.True(t, lines.Scan())
	addr, ok := strings.CutPrefix(lines.Text(), "listening on ")
	require.True(t, ok, lines.Text())

	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	fmt.Fprint(conn, "SEND\nhello")
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Equal(t, "READY\nOK 5\n", string(answer))

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(stderr)
	require.NoError(t, err)
	assert.NotContains(t, string(rest), "lockstep: ")
	assert.NoError(t, wait(t, cmd))
	again, err := net.Listen("tcp", addr)
	require.NoError(t, err, "the port is still taken")
	again.Close()
	require.NoError(t, os.Remove(filepath.Join(tmp, "received")))
	requireNothingLeft(t, tmp)
}

// command is the harness as a process of its own, with its temporary files in tmp.
func command(t *testing.T, tmp string, args ...string) *exec.Cmd {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	exe, err := exec.LookPath("lockstep") // made by testscript.Main
	require.NoError(t, err)
	cmd := exec.Command(exe, args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd
}

func wait(t *testing.T, cmd *exec.Cmd) error {
	t.Helper()
	late := time.AfterFunc(patience, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	defer late.Stop()
	return cmd.Wait()
}

// poll waits until ok, which says what is missing.
func poll(t *testing.T, ok func() (missing string)) {
	t.Helper()
	missing := ok()
	for end := time.Now().Add(patience); missing != ""; missing = ok() {
		require.True(t, time.Now().Before(end), missing)
		time.Sleep(time.Millisecond) // between two looks at the file system, which tells nobody when it changes
	}
}

func awaitFile(t *testing.T, dir, pattern string) {
	t.Helper()
	poll(t, func() string {
		found := false
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if ok, _ := filepath.Match(pattern, filepath.Base(path)); ok {
				found = true
				return filepath.SkipAll
			}
			return nil // files come and go
		})
		if found {
			return ""
		}
		return "no file " + pattern
	})
}

func requireNothingLeft(t *testing.T, tmp string) {
	t.Helper()
	requireNoProcess(t, tmp)
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// requireNoProcess requires that no process is left that was told to use this temporary folder.
func requireNoProcess(t *testing.T, tmp string) {
	t.Helper()
	poll(t, func() string {
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			env, err := os.ReadFile(file) // a zombie's is empty
			if err == nil && bytes.Contains(env, []byte("="+tmp)) {
				name, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
				return fmt.Sprintf("%s is still there: %s", filepath.Dir(file), bytes.ReplaceAll(name, []byte{0}, []byte(" ")))
			}
		}
		return ""
	})
}
