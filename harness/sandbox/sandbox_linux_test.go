package sandbox_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
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
	"lockstep/harness/process"
	"lockstep/harness/sandbox"
)

type way struct {
	name   string
	make   func() (*sandbox.Sandbox, error)
	remedy string // where it does not work
}

// ways are all sandboxes that there are. Each has to stand the same tests.
var ways = []way{
	{"bubblewrap", sandbox.Bubblewrap, "install it, and allow user namespaces: sudo apt install bubblewrap"},
	{"Landlock", sandbox.Landlock, "it takes Linux 6.2"},
}

// here makes its sandbox, and leaves t out where it does not work.
func (w way) here(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	needs.Sandbox(t)
	if w.name == "Landlock" {
		needs.Landlock(t)
	}
	s, err := w.make()
	if err != nil {
		needs.LeaveOut(t, w.name, "does not work here:", err, "("+w.remedy+")")
	}
	return s
}

// each runs a test in each way.
func each(t *testing.T, test func(t *testing.T, s *sandbox.Sandbox)) {
	needs.Time(t)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) { test(t, way.here(t)) })
	}
}

// .ci/run asks with this test whether to leave Landlock out. It is about the kernel, not about what we make of it.
func TestThisKernelHasLandlock(t *testing.T) {
	if abi := sandbox.LandlockABI(); abi < 3 {
		needs.LeaveOut(t, "this kernel's Landlock is of version", abi, "and 3 is needed: it takes Linux 6.2")
	}
}

// .ci/run asks with this one whether to leave out what an ordinary user's sandbox holds.
func TestAnOrdinaryUserHasASandbox(t *testing.T) {
	needs.OrdinaryUser(t)
	needs.Sandbox(t)
	if os.Getuid() != 0 {
		return // this is one
	}
	exe, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	const nobody = 65534
	dir, err := os.MkdirTemp("", "lockstep-nobody") // that of t is for root alone
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chown(dir, nobody, nobody))
	path := filepath.Join(dir, "sandbox.test")
	require.NoError(t, os.WriteFile(path, exe, 0o755))
	cmd := exec.Command(path)
	cmd.Env = []string{programEnv + "=find", "PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	if found := strings.TrimSpace(string(said)); found != "done" {
		needs.LeaveOut(t, "an ordinary user has no sandbox here:", found)
	}
}

// program is one of the programs, ready to start in a box.
func program(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe, args...)
	cmd.Env = []string{programEnv + "=" + name, "GORACE=atexit_sleep_ms=0"}
	return cmd
}

// private is a box with a folder of its own.
func private(t *testing.T) (sandbox.Box, string) {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { require.NoError(t, sandbox.RemoveAll(dir)) })
	return sandbox.Box{Dir: dir, Write: []string{dir}}, dir
}

// secret is a file that no box is given.
func secret(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte("secret"), 0o644))
	return path
}

// run runs cmd in box until it ends, and returns what it printed.
func run(t *testing.T, s *sandbox.Sandbox, cmd *exec.Cmd, box sandbox.Box) (string, *sandbox.Cmd, error) {
	t.Helper()
	var out, problems process.Output
	cmd.Stdout = &out
	if cmd.Stderr == nil {
		cmd.Stderr = &problems
	}
	p, err := s.Start(cmd, box)
	require.NoError(t, err)
	defer killAfter(cmd, time.Minute)()
	err = p.Wait()
	if t.Failed() || err != nil {
		t.Logf("%v\n%s", err, problems.String())
	}
	return out.String(), p, err
}

func killAfter(cmd *exec.Cmd, limit time.Duration) (stop func() bool) {
	return time.AfterFunc(limit, func() { process.Kill(cmd) }).Stop
}

// lines runs a program that prints one outcome in each line.
func lines(t *testing.T, s *sandbox.Sandbox, box sandbox.Box, name string, args ...string) []string {
	t.Helper()
	out, _, err := run(t, s, program(t, name, args...), box)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}

func TestAProgramRunsAsItWouldElsewhere(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, dir := private(t)
		cmd := program(t, "describe", "one", "two words", "")
		cmd.Stdin = strings.NewReader("input")
		var problems bytes.Buffer
		cmd.Stderr = &problems
		out, p, err := run(t, s, cmd, box)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%q %q %q", dir, []string{"one", "two words", ""}, "input"), out)
		assert.Equal(t, "to standard error", problems.String())
		assert.Empty(t, p.Exceeded())
	})
}

func TestTheExitStatusComesThrough(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		for _, row := range []struct {
			name   string
			cmd    *exec.Cmd
			status int
		}{
			{"success", program(t, "exit", "0"), 0},
			{"failure", program(t, "exit", "3"), 3},
			{"largest", program(t, "exit", "255"), 255},
			{"signal", program(t, "kill itself"), 137},
		} {
			t.Run(row.name, func(t *testing.T) {
				box, _ := private(t)
				_, _, err := run(t, s, row.cmd, box)
				if row.status != 0 {
					require.IsType(t, &exec.ExitError{}, err)
				}
				assert.Equal(t, row.status, row.cmd.ProcessState.ExitCode())
			})
		}
	})
}

func TestAProcessThatWaitsForItsInputEndsWithIt(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, _ := private(t)
		cmd := program(t, "wait for the end of input")
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out := stdout(t, cmd)
		p, err := s.Start(cmd, box)
		require.NoError(t, err)
		defer killAfter(cmd, time.Minute)()
		out.await(t, "ready\n")
		require.NoError(t, in.Close())
		assert.NoError(t, p.Wait())
	})
}

func TestTheEnvironmentIsWhatTheCallerGave(t *testing.T) {
	t.Setenv("SANDBOX_OF_THE_GRADER", "secret")
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, dir := private(t)
		cmd := program(t, "environment")
		given := append(cmd.Env, "GIVEN=yes")
		cmd.Env = given
		out, _, err := run(t, s, cmd, box)
		require.NoError(t, err)
		assert.Subset(t, append(given, "PWD="+dir), strings.Split(out, "\n"))
		assert.Contains(t, out, "GIVEN=yes")
	})
}

func TestTheNetworkHasNothingInItButLoopback(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	abstract, err := net.Listen("unix", "@"+filepath.Base(t.TempDir())+t.Name())
	require.NoError(t, err)
	defer abstract.Close()
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, _ := private(t)
		for _, line := range lines(t, s, box, "dial", ln.Addr().String(), "192.0.2.1:80", "[2001:db8::1]:80") {
			assert.Regexp(t, "^refused: .*(connection refused|network is unreachable|cannot assign requested address)", line)
		}
		for _, line := range lines(t, s, box, "unix", abstract.Addr().String()) {
			assert.Regexp(t, "^refused", line)
		}
		assert.Equal(t, []string{"done", "done"}, lines(t, s, box, "listen", "127.0.0.1", "localhost"))
		assert.Equal(t, []string{"lo <nil>"}, lines(t, s, box, "interfaces"))
	})
}

func TestSocketsOfTheMachineAreOutOfReach(t *testing.T) {
	s := ways[0].here(t) // Landlock says that it does not keep from all
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	require.NoError(t, err)
	defer ln.Close()
	box, _ := private(t)
	assert.Regexp(t, "^refused", lines(t, s, box, "unix", ln.Addr().String())[0])
}

func TestFilesThatWereNotGivenCannotBeRead(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	paths := []string{
		secret(t), filepath.Join(root, "go.mod"), filepath.Join(root, "harness", "sandbox"), filepath.Join(root, "harness"), home, "/home", "/root",
		"/etc/passwd", "/var/log", "/run", "/sys", "/usr/bin/env", "/usr/bin",
		"/proc/1/mem", "/proc/self/mem", "/proc/self/maps", "/proc/self/status", "/proc/self/cmdline", "/proc/cpuinfo", "/proc/net/tcp",
	}
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, _ := private(t)
		for i, line := range lines(t, s, box, "read", paths...) {
			if paths[i] == "/run" && strings.HasPrefix(s.String(), "Landlock") {
				continue // is there, and empty
			}
			assert.Regexp(t, "^refused", line, paths[i])
		}
	})
}

func TestFilesThatWereGivenCanBeReadAndNotWritten(t *testing.T) {
	given := secret(t)
	exe, err := os.Executable()
	require.NoError(t, err)
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, dir := private(t)
		box.Read = []string{given, t.TempDir()}
		inside := filepath.Join(box.Read[1], "file")
		require.NoError(t, os.WriteFile(inside, nil, 0o666))
		assert.Equal(t, []string{"done", "done", "done", "done"}, lines(t, s, box, "read", given, inside, box.Read[1], exe))

		refused := []string{
			given, inside, filepath.Join(box.Read[1], "new"), exe,
			"/new", "/usr/lib/new", "/lib/new", "/etc/new", "/etc/hosts", "/dev/new", "/dev/shm/new", "/proc/new", "/run/new", "/var/tmp/new",
		}
		for i, line := range lines(t, s, box, "write", refused...) {
			assert.Regexp(t, "^refused", line, refused[i])
		}
		beside := filepath.Join(filepath.Dir(given), "new") // in a /tmp of its own, if anywhere
		lines(t, s, box, "write", beside)
		assert.NoFileExists(t, beside)
		assert.Equal(t, []string{"done", "done"}, lines(t, s, box, "write", filepath.Join(dir, "new"), "/dev/null"))
		text, err := os.ReadFile(filepath.Join(dir, "new"))
		require.NoError(t, err)
		assert.Equal(t, "written", string(text))
	})
}

func TestLinksThatAreLeftLeadNowhere(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, dir := private(t)
		target := secret(t)
		out := lines(t, s, box, "plant", target, dir)
		assert.Regexp(t, "^refused", out[1], "read through a link")
		assert.Regexp(t, "^refused", out[2], "written through a link")
		assert.Regexp(t, "^refused", out[3], "hard link")
		text, err := os.ReadFile(target)
		require.NoError(t, err)
		assert.Equal(t, "secret", string(text))
		for _, name := range []string{"link", "pipe"} {
			_, err := process.ReadFile(filepath.Join(dir, name), 100)
			assert.ErrorContains(t, err, "is no regular file")
		}
	})
}

func TestNothingIsInheritedButStandardInputAndOutput(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, _ := private(t)
		assert.Equal(t, []string{""}, lines(t, s, box, "pipes"))
	})
}

func TestThereAreNoPrivileges(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, dir := private(t)
		assert.Regexp(t, "^refused", lines(t, s, box, "make a namespace")[0])
		assert.Regexp(t, "^refused", lines(t, s, box, "mount", dir)[0])
	})
}

func TestSignalsReachNobodyOutside(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		bystander := program(t, "wait for the end of input")
		in, err := bystander.StdinPipe()
		require.NoError(t, err)
		out := stdout(t, bystander)
		require.NoError(t, bystander.Start())
		defer killAfter(bystander, time.Minute)()
		out.await(t, "ready\n")
		for _, target := range []string{"0", "-1", "1", fmt.Sprint(bystander.Process.Pid), fmt.Sprint(os.Getpid()), fmt.Sprint(-os.Getpid())} {
			box, _ := private(t)
			run(t, s, program(t, "kill", target), box) // and it may well have killed itself
		}
		require.NoError(t, in.Close())
		assert.NoError(t, bystander.Wait())
	})
}

// What takes too much is killed, and says which limit it was. That Wait returns says that all is over.
func TestWhatTakesTooMuchIsKilled(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		for _, row := range []struct {
			name     string
			args     []string
			set      func(*sandbox.Box)
			exceeded string
		}{
			{"take memory", []string{"100000"}, func(b *sandbox.Box) { b.Memory = 256 << 20 }, "256 MiB of memory"},
			{"take memory together", []string{"80"}, func(b *sandbox.Box) { b.Memory = 256 << 20 }, "256 MiB of memory"},
			{"fork", []string{"9"}, func(b *sandbox.Box) { b.Processes, b.Memory = 200, -1 }, "200 processes and threads"},
			{"take threads", nil, func(b *sandbox.Box) { b.Processes = 200 }, "200 processes and threads"},
			{"spin", nil, func(b *sandbox.Box) { b.CPU = 300 * time.Millisecond }, "300ms of processor time"},
			{"spin in children", nil, func(b *sandbox.Box) { b.CPU = 300 * time.Millisecond }, "300ms of processor time"},
			{"fill", []string{"file"}, func(b *sandbox.Box) { b.Disk = 10 << 20 }, "10 MiB on disk"},
			{"fill files", []string{"."}, func(b *sandbox.Box) { b.Disk = 10 << 20 }, "10 MiB on disk"},
			{"empty files", []string{"."}, func(b *sandbox.Box) { b.Disk = 4 << 20 }, "4 MiB on disk"},
			{"deleted file", []string{"."}, func(b *sandbox.Box) { b.Disk = 3 << 19 }, "1 MiB on disk"},
			{"nest folders", []string{"."}, nil, "64 MiB on disk"},
		} {
			t.Run(row.name, func(t *testing.T) {
				box, _ := private(t)
				if row.set != nil {
					row.set(&box)
				}
				_, p, _ := run(t, s, program(t, row.name, row.args...), box)
				assert.Equal(t, row.exceeded, p.Exceeded())
			})
		}
	})
}

func TestTheFolderForTemporaryFilesIsPrivateAndHasASize(t *testing.T) {
	s := ways[0].here(t)
	box, _ := private(t)
	box.Disk = 4 << 20
	out, p, err := run(t, s, program(t, "fill files", "/tmp"), box)
	require.NoError(t, err)
	assert.Contains(t, out, "no space left on device")
	assert.Empty(t, p.Exceeded(), "it is not kept")
	assert.NoFileExists(t, "/tmp/0")
}

func TestKillEndsAllOfIt(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		for _, name := range []string{"wait", "leave behind and wait"} {
			t.Run(name, func(t *testing.T) {
				box, _ := private(t)
				cmd := program(t, name)
				out := stdout(t, cmd)
				p, err := s.Start(cmd, box)
				require.NoError(t, err)
				out.await(t, "ready\n")
				process.Kill(cmd)
				require.Error(t, p.Wait())
				out.ended(t)
				assert.Empty(t, p.Exceeded())
			})
		}
	})
}

func TestWhatPrintsForEverIsKilledByItsCaller(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, _ := private(t)
		cmd := program(t, "print")
		var out process.Output
		full := make(chan struct{})
		cmd.Stdout = io.MultiWriter(&out, &threshold{left: 10 << 20, reached: full})
		p, err := s.Start(cmd, box)
		require.NoError(t, err)
		<-full
		process.Kill(cmd)
		require.Error(t, p.Wait())
		assert.Len(t, out.String(), 1<<20)
	})
}

// A threshold closes reached when so much has been written.
type threshold struct {
	left    int
	reached chan struct{}
}

func (w *threshold) Write(p []byte) (int, error) {
	if w.left > 0 && w.left <= len(p) {
		close(w.reached)
	}
	w.left -= len(p)
	return len(p), nil
}

func TestNothingIsLeftWhenTheProgramEnds(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, _ := private(t)
		cmd := program(t, "leave behind")
		out := stdout(t, cmd)
		p, err := s.Start(cmd, box)
		require.NoError(t, err)
		defer killAfter(cmd, time.Minute)()
		require.NoError(t, p.Wait())
		out.ended(t)
	})
}

func TestNothingIsLeftWhenTheGraderIsKilled(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		_, dir := private(t)
		way, _, _ := strings.Cut(s.String(), " ")
		cmd := program(t, "grader", way, dir)
		cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
		cmd.Stderr = os.Stderr
		out := stdout(t, cmd)
		require.NoError(t, cmd.Start())
		out.await(t, "ready\n")
		require.NoError(t, cmd.Process.Kill())
		cmd.Wait()
		out.ended(t)
	})
}

// held is the reading end of a pipe that processes print to. It ends when the last of them is gone.
type held struct {
	*bufio.Reader
	file *os.File
	end  *os.File
}

func stdout(t *testing.T, cmd *exec.Cmd) *held {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { r.Close() })
	require.NoError(t, r.SetReadDeadline(time.Now().Add(time.Minute)))
	cmd.Stdout = w // a file, which the process gets as it is
	return &held{bufio.NewReader(r), r, w}
}

func (h *held) await(t *testing.T, line string) {
	t.Helper()
	h.end.Close()
	got, err := h.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, line, got)
}

func (h *held) ended(t *testing.T) {
	t.Helper()
	h.end.Close()
	_, err := h.ReadByte()
	require.ErrorIs(t, err, io.EOF, "somebody is left")
}

func TestTheRaceDetectorReportsFromABox(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "racy")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-race", "-o", exe, "./testdata/racy").CombinedOutput()
	require.NoError(t, err, "%s", out)
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		box, dir := private(t)
		cmd := exec.Command(exe)
		options := "GORACE=atexit_sleep_ms=0 exitcode=77 log_path=" + filepath.Join(dir, "race")
		cmd.Env = []string{options, "KEY=secret"}
		_, _, err := run(t, s, cmd, box)
		require.IsType(t, &exec.ExitError{}, err)
		assert.Equal(t, 77, cmd.ProcessState.ExitCode())
		logs, err := filepath.Glob(filepath.Join(dir, "race.*"))
		require.NoError(t, err)
		require.Len(t, logs, 1)
		log, err := process.ReadFile(logs[0], 1<<20)
		require.NoError(t, err)
		assert.Contains(t, string(log), "WARNING: DATA RACE")
		assert.Contains(t, string(log), "main.go:")
		assert.NotContains(t, string(log), "executable name")

		environ, err := process.ReadFile(filepath.Join(dir, "environ"), 1<<20)
		require.NoError(t, err)
		assert.Equal(t, options+"\x00", string(environ), "and nothing else")
	})
}

func TestWhatCannotStartSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		_, dir := private(t)
		text := filepath.Join(dir, "text")
		require.NoError(t, os.WriteFile(text, []byte("no program"), 0o755))
		for _, row := range []struct {
			name string
			path string
			box  sandbox.Box
			err  string
		}{
			{"no such executable", "/no/such", sandbox.Box{Dir: dir, Read: []string{dir}}, "no such file"},
			{"no such folder to read", text, sandbox.Box{Dir: dir, Read: []string{"/no/such"}}, "/no/such: no such file"},
			{"no such folder to write", text, sandbox.Box{Dir: dir, Write: []string{"/no/such"}}, "/no/such: no such file"},
			{"no folder to start in", text, sandbox.Box{}, `not an absolute path: ""`},
			{"a folder that is not in the box", text, sandbox.Box{Dir: dir}, "is not in the box"},
			{"a relative path", text, sandbox.Box{Dir: dir, Read: []string{"labs"}}, `not an absolute path: "labs"`},
			{"read only in a folder to write", text, sandbox.Box{Dir: dir, Read: []string{text}, Write: []string{dir}}, "is to be read only"},
		} {
			t.Run(row.name, func(t *testing.T) {
				_, err := s.Start(exec.Command(row.path), row.box)
				assert.ErrorContains(t, err, row.err)
			})
		}
		t.Run("extra files", func(t *testing.T) {
			cmd := program(t, "nothing")
			cmd.ExtraFiles = []*os.File{os.Stdin}
			_, err := s.Start(cmd, sandbox.Box{Dir: dir})
			assert.ErrorContains(t, err, "no extra files")
		})
		t.Run("no program", func(t *testing.T) {
			_, _, err := run(t, s, exec.Command(text), sandbox.Box{Dir: dir, Read: []string{dir}})
			var start *sandbox.StartError
			require.ErrorAs(t, err, &start)
			assert.Equal(t, s.String(), start.Sandbox)
		})
	})
}

// A build runs nothing of the student's, but a compiler is a large program that reads hostile text.
func TestABoxCanBuildWithTheRaceDetector(t *testing.T) {
	env := func(name string) string {
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		require.NoError(t, err)
		return strings.TrimSpace(string(out))
	}
	source, err := os.ReadFile("testdata/racy/main.go")
	require.NoError(t, err)
	racy := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(racy, "main.go"), source, 0o600))
	goroot, cache := env("GOROOT"), env("GOCACHE")
	each(t, func(t *testing.T, s *sandbox.Sandbox) {
		_, dir := private(t)
		cmd := exec.Command(filepath.Join(goroot, "bin", "go"), "build", "-race", "-o", filepath.Join(dir, "racy"), filepath.Join(racy, "main.go"))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GOROOT=" + goroot, "GOCACHE=" + cache, "GOTMPDIR=" + dir, "TMPDIR=" + dir, "GOPATH=" + dir, "GOTELEMETRY=off", "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=1"}
		out, _, err := run(t, s, cmd, sandbox.Box{Dir: racy, Read: append([]string{goroot, racy}, sandbox.Tools()...), Write: []string{dir, cache}, Disk: -1, Memory: 4 << 30})
		require.NoError(t, err, out)
		assert.FileExists(t, filepath.Join(dir, "racy"))
	})
}

func TestFindPrefersBubblewrap(t *testing.T) {
	ways[0].here(t)
	s, err := sandbox.Find()
	require.NoError(t, err)
	assert.Contains(t, s.String(), "bubblewrap")
	again, err := sandbox.Find()
	require.NoError(t, err)
	assert.Same(t, s, again)
	for _, l := range s.Limits() {
		assert.True(t, l.Active, l.Name)
		assert.NotEmpty(t, l.How)
	}
}

func TestARemedyIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := sandbox.Bubblewrap()
	require.ErrorContains(t, err, "bubblewrap is not installed")
	assert.Contains(t, sandbox.Remedy(err), "apt install bubblewrap")
	assert.NotEmpty(t, sandbox.Remedy(io.EOF))
}

func TestAProgramThatDoesNotCallMainIsNotStartedAgain(t *testing.T) {
	sandbox.ForgetMain(t)
	_, err := sandbox.Landlock()
	assert.Error(t, err)
}

func BenchmarkStart(b *testing.B) {
	path, err := exec.LookPath("true")
	require.NoError(b, err)
	path, err = filepath.EvalSymlinks(path)
	require.NoError(b, err)
	none := way{name: "none", make: func() (*sandbox.Sandbox, error) { return nil, nil }}
	for _, way := range append(ways, none) {
		b.Run(way.name, func(b *testing.B) {
			s, err := way.make()
			require.NoError(b, err)
			dir := b.TempDir()
			for b.Loop() {
				p, err := s.Start(exec.Command(path), sandbox.Box{Dir: dir, Write: []string{dir}})
				require.NoError(b, err)
				require.NoError(b, p.Wait())
			}
		})
	}
}

// A look at all processes of this machine, and at a folder with a hundred files.
func BenchmarkLook(b *testing.B) {
	dir := b.TempDir()
	for i := range 100 {
		require.NoError(b, os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600))
	}
	box := sandbox.Box{Dir: dir, Write: []string{dir}}
	look, err := sandbox.Look(box, os.Getpid())
	require.NoError(b, err)
	for b.Loop() {
		require.Empty(b, look())
	}
}
