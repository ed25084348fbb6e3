//go:build race

package norace_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/norace"
	"lockstep/harness/startenv"
)

// A race that is reported fails the test that is running, so each program runs in a process of its
// own: this test binary again, with the name of the program in the environment.
const programEnv = "QUIET_PROGRAM"

func TestMain(m *testing.M) {
	if name := os.Getenv(programEnv); name != "" {
		programs[name]()
		fmt.Println(norace.Errors())
		return
	}
	os.Exit(m.Run())
}

var programs = map[string]func(){
	"nothing":                   func() { unlocked(func() {}) },
	"a norace.Mutex":            func() { unlocked(new(counter).add) },
	"a sync.Mutex":              func() { unlocked(lockAndUnlock) },
	"a sync.Mutex, hidden":      func() { unlocked(hiddenLockAndUnlock) },
	"this package's handler":    func() { unlocked(logTo(norace.NewLogHandler(os.Stderr))) },
	"package slog's handler":    func() { unlocked(logTo(slog.NewTextHandler(io.Discard, nil))) },
	"a read that is told of":    func() { behindAWrite(norace.Reads) },
	"a write that is told of":   func() { behindAWrite(norace.Writes) },
	"a read of nothing":         func() { behindAWrite(func(p []byte) { norace.Reads(p[:0]) }) },
	"a write of nothing":        func() { behindAWrite(func([]byte) { norace.Writes(nil) }) },
	"eight goroutines that log": allLog,
}

// inTurn runs second strictly after first, on goroutines between which a turnstile stands.
func inTurn(first, second func()) {
	s := newTurnstile()
	var both sync.WaitGroup
	both.Go(func() { first(); s.advance() })
	both.Go(func() { s.await(1); second() })
	both.Wait()
}

// unlocked is a student's server in small: two goroutines touch n, no lock guards it, and both do the
// same between their accesses.
func unlocked(between func()) {
	n := 0
	inTurn(func() { n = 1; between() }, func() { between(); n = 2 })
	_ = n
}

// behindAWrite has one goroutine write to p, and the other one do something with it.
func behindAWrite(use func(p []byte)) {
	p := make([]byte, 8)
	inTurn(func() { p[3] = 1 }, func() { use(p) })
}

var mu sync.Mutex

func lockAndUnlock() {
	mu.Lock()
	mu.Unlock()
}

func hiddenLockAndUnlock() {
	norace.Begin()
	norace.Begin()
	norace.End() // of the inner one
	lockAndUnlock()
	norace.End()
}

func logTo(h slog.Handler) func() {
	log := slog.New(h)
	return func() { log.Info("SEND", "client", 1, "err", io.EOF) }
}

const loggers, lines = 8, 10

func allLog() {
	log := slog.New(norace.NewLogHandler(os.Stderr))
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range loggers {
		all.Go(func() {
			<-begin
			mine := log.With("client", i).WithGroup("g")
			for n := range lines {
				mine.Info("line", "n", n, "err", io.ErrUnexpectedEOF)
			}
		})
	}
	close(begin)
	all.Wait()
}

// run runs a program many times, every second time on one processor, and returns how often the
// detector reported how many races, and what was logged.
func run(t *testing.T, program string, times int, env ...string) (reports map[int]int, logged []string) {
	t.Helper()
	require.Contains(t, programs, program)
	dir := t.TempDir()
	counts := make([]int, times)
	logged = make([]string, times)
	var group sync.WaitGroup
	for i := range times {
		group.Go(func() { counts[i], logged[i] = runOnce(t, filepath.Join(dir, strconv.Itoa(i)), program, 1+i%2, env) })
	}
	group.Wait()
	reports = map[int]int{}
	for _, n := range counts {
		reports[n]++
	}
	return reports, logged
}

func runOnce(t *testing.T, path, program string, procs int, env []string) (reports int, logged string) {
	exe, err := os.Executable()
	assert.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), programEnv+"="+program, startenv.Plain.With(""), "GOMAXPROCS="+strconv.Itoa(procs),
		"GORACE=exitcode=0 atexit_sleep_ms=50 log_path="+path)
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	assert.NoError(t, err, "%s: %s", program, &stderr)
	files, err := filepath.Glob(path + ".*")
	assert.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		assert.NoError(t, err)
		reports += strings.Count(string(text), "WARNING: DATA RACE")
	}
	assert.Equal(t, fmt.Sprintln(reports), string(out), "what Errors knows of")
	return reports, stderr.String()
}

func TestAccessesInTurnAreReportedUnlessThereIsAnOrderThatTheDetectorSees(t *testing.T) {
	const times = 10
	for _, c := range []struct {
		between string
		reports int
	}{
		{"nothing", 1},
		{"a norace.Mutex", 1},
		{"a sync.Mutex", 0},
		{"a sync.Mutex, hidden", 1},
		{"this package's handler", 1},
		{"package slog's handler", 0}, // the reason for this package's
	} {
		t.Run(c.between, func(t *testing.T) {
			reports, _ := run(t, c.between, times)
			assert.Equal(t, map[int]int{c.reports: times}, reports)
		})
	}
}

func TestPlainTurnsThePackageOff(t *testing.T) {
	const times = 5
	for _, program := range []string{"nothing", "a norace.Mutex", "this package's handler"} {
		t.Run(program, func(t *testing.T) {
			reports, _ := run(t, program, times, startenv.Plain.With("1"))
			assert.Equal(t, map[int]int{0: times}, reports)
		})
	}
}

func TestHiddenAccessesAreReportedWhenTheDetectorIsToldOfThem(t *testing.T) {
	const times = 5
	for _, c := range []struct {
		use     string
		reports int
	}{
		{"a read that is told of", 1},
		{"a write that is told of", 1},
		{"a read of nothing", 0},
		{"a write of nothing", 0},
	} {
		t.Run(c.use, func(t *testing.T) {
			reports, _ := run(t, c.use, times)
			assert.Equal(t, map[int]int{c.reports: times}, reports)
		})
	}
}

func TestLogHandlerIsNeverReportedItself(t *testing.T) {
	const times = 20
	reports, logged := run(t, "eight goroutines that log", times)
	assert.Equal(t, map[int]int{0: times}, reports)
	for _, text := range logged {
		for i := range loggers {
			for n := range lines {
				assert.Contains(t, "\n"+text, fmt.Sprintf("\nline client=%d g.n=%d g.err=\"unexpected EOF\"\n", i, n))
			}
		}
		assert.Equal(t, loggers*lines, strings.Count(text, "\n"))
	}
}
