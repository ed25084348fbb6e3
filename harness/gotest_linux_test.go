package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// A student's go test that goes on with the graded build leaves nothing of it behind when it is interrupted, and no process when the one between the
// go command and the graded build is killed.
func TestInterruptedGoTestLeavesNothingBehind(t *testing.T) {
	needs.Time(t)
	kit := withReference(t)
	for _, row := range []struct {
		name string
		end  func(t *testing.T, cmd *exec.Cmd)
	}{
		{"Ctrl-C", func(t *testing.T, cmd *exec.Cmd) { require.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)) }},
		{"kill", func(t *testing.T, cmd *exec.Cmd) {
			require.NoError(t, syscall.Kill(childOf(t, cmd.Process.Pid), syscall.SIGKILL))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			tmp := t.TempDir()
			cmd := exec.Command("go", "test", "-race", "-count=1", "./labs/04")
			cmd.Dir, cmd.Env = kit, append(os.Environ(), "TMPDIR="+tmp)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a terminal does
			t.Cleanup(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
			require.NoError(t, cmd.Start())
			awaitFile(t, tmp, "check-*")
			row.end(t, cmd)
			require.Error(t, wait(t, cmd))
			requireNoProcess(t, tmp)
			left, err := filepath.Glob(filepath.Join(tmp, "*", "check-*"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// withReference is a copy of the kit with the reference of lab 04 in the stub's place.
func withReference(t *testing.T) string {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	kit := t.TempDir()
	for _, name := range []string{"harness", "labs", "scripts"} {
		require.NoError(t, os.CopyFS(filepath.Join(kit, name), os.DirFS(filepath.Join(root, name))))
	}
	for from, to := range map[string]string{"go.mod": "go.mod", "go.sum": "go.sum", "solutions/04/append.go": "labs/04/append.go"} {
		text, err := os.ReadFile(filepath.Join(root, from))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(kit, to), text, 0o644))
	}
	return kit
}

// childOf is the one child of a process that has one.
func childOf(t *testing.T, pid int) int {
	t.Helper()
	files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	child, err := strconv.Atoi(strings.TrimSpace(all.String()))
	require.NoError(t, err)
	return child
}
