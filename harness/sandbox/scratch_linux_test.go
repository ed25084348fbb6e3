package sandbox_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"lockstep/harness/sandbox"
)

// A rival is a process like this one: it has a folder and a box.
type rival struct {
	cmd    *exec.Cmd
	out    *held // ends when all of it is gone
	dir    string
	groups []string // none where this user may not make any
}

func startRival(t *testing.T, tmp, way string) *rival {
	t.Helper()
	cmd := program(t, "rival", way)
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"), "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	r := &rival{cmd: cmd, out: stdout(t, cmd)}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	r.out.end.Close()
	line, err := r.out.ReadString('\n')
	require.NoError(t, err)
	r.dir = strings.TrimSpace(line)
	require.DirExists(t, r.dir)
	r.out.await(t, "ready\n")
	r.groups = sandbox.Groups(cmd.Process.Pid)
	return r
}

// kill ends the process as a power cut would. Nobody waits for it, so that its number stays taken.
func (r *rival) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, r.cmd.Process.Kill())
	require.NoError(t, unix.Waitid(unix.P_PID, r.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil))
}

func TestWhatAKilledProcessLeavesIsSweptAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		way, _, _ := strings.Cut(s.String(), " ")
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		alive, dead := startRival(t, tmp, way), startRival(t, tmp, way)
		if os.Getuid() == 0 {
			require.NotEmpty(t, dead.groups)
		}
		dead.kill(t)

		_, remove, err := sandbox.Scratch()
		require.NoError(t, err)
		defer remove()
		dead.out.ended(t)
		assert.NoDirExists(t, dead.dir)
		for _, dir := range dead.groups {
			assert.NoDirExists(t, dir)
		}
		assert.FileExists(t, filepath.Join(alive.dir, "d", "file"))
		for _, dir := range alive.groups {
			assert.DirExists(t, dir)
		}
		require.NoError(t, alive.cmd.Process.Signal(unix.Signal(0)), "it still runs")
	})
}

func TestWhoIsLeftWaitingForAKilledProcessIsEnded(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	left := filepath.Join(tmp, "lockstep-run1.2")
	require.NoError(t, os.Mkdir(left, 0o700))
	start := func(name, file string) *held {
		cmd := program(t, "wait")
		cmd.Args = []string{name, "--ro-bind", file}
		out := stdout(t, cmd)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		out.await(t, "ready\n")
		return out
	}
	stray := start("/usr/bin/bwrap", filepath.Join(left, "check-1", "x"))
	editor, other := start("vi", filepath.Join(left, "append.go")), start("bwrap", left+"3/append.go")
	_, remove, err := sandbox.Scratch()
	require.NoError(t, err)
	defer remove()
	stray.ended(t)
	assert.NoDirExists(t, left)
	for _, out := range []*held{editor, other} {
		assertOpen(t, out)
	}
}

// assertOpen finds the other end of a pipe still held.
func assertOpen(t *testing.T, h *held) {
	t.Helper()
	file := h.file
	poll := []unix.PollFd{{Fd: int32(file.Fd()), Events: unix.POLLIN}}
	_, err := unix.Poll(poll, 0)
	require.NoError(t, err)
	assert.Zero(t, poll[0].Revents&unix.POLLHUP, "it was ended")
}

func TestSweepingTouchesNothingThatIsNotItsOwn(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	precious := t.TempDir()
	file := filepath.Join(precious, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	link := filepath.Join(tmp, "lockstep-run1.1")
	require.NoError(t, os.Symlink(precious, link))
	inside := filepath.Join(tmp, "lockstep-run1.2")
	require.NoError(t, os.Mkdir(inside, 0o700))
	require.NoError(t, os.Symlink(precious, filepath.Join(inside, "link")))
	stay := []string{link}
	for _, name := range []string{"lockstep-2430380296", "lockstep-running", "my-lockstep-run1.2"} {
		dir := filepath.Join(tmp, name)
		require.NoError(t, os.Mkdir(dir, 0o700))
		stay = append(stay, dir)
	}
	plain := filepath.Join(tmp, "lockstep-run1.3")
	require.NoError(t, os.WriteFile(plain, nil, 0o600))
	stay = append(stay, plain)
	if os.Getuid() == 0 {
		other := filepath.Join(tmp, "lockstep-run1.4")
		require.NoError(t, os.Mkdir(other, 0o700))
		require.NoError(t, os.Chown(other, 12345, 12345))
		stay = append(stay, other)
	}

	_, remove, err := sandbox.Scratch()
	require.NoError(t, err)
	defer remove()
	assert.NoDirExists(t, inside)
	assert.FileExists(t, file)
	for _, path := range stay {
		_, err := os.Lstat(path)
		assert.NoError(t, err)
	}
}

// Many begin and sweep at once, as on a machine that grades for several courses.
func TestScratchFoldersAreMadeWhileOthersSweep(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	var all []*held
	for range 4 {
		cmd := program(t, "scratch again and again")
		cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
		out := stdout(t, cmd)
		require.NoError(t, cmd.Start())
		defer cmd.Wait()
		out.end.Close()
		all = append(all, out)
	}
	for _, out := range all {
		lines := bufio.NewScanner(out)
		require.True(t, lines.Scan())
		assert.Equal(t, "done", lines.Text())
	}
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	assert.Empty(t, left)
}
