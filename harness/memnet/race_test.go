//go:build race

package memnet

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests are about what the race detector says of a server on a Listener. A report fails the
// test that is running, whichever it is, so each server runs in a process of its own: this test
// binary again, with the name of the program to run in the environment.

const programVariable = "MEMNET_PROGRAM"

func TestMain(m *testing.M) {
	if name := os.Getenv(programVariable); name != "" {
		debug.SetTraceback("all")
		stuck := time.AfterFunc(time.Minute, func() { panic(name + " is stuck") })
		programs[name]()
		stuck.Stop()
		return
	}
	os.Exit(m.Run())
}

// programs are the servers with their clients, by name. The first word says what the detector is to
// find. See racy_test.go and honest_test.go.
var programs = map[string]func(){
	"racy counter":                          counterWithoutLock,
	"racy barred counter":                   barredCounterWithoutLock,
	"racy read buffer":                      bufferReused,
	"racy set before Dial":                  setBeforeDial,
	"racy set before Close of the listener": setBeforeListenerClose,
	"racy set before Close of the conn":     setBeforeConnClose,
	"racy set before a deadline":            setBeforeDeadline,
	"racy broadcast":                        broadcastWithoutLock,

	"honest counter":      counterWithLock,
	"honest read buffer":  bufferCopied,
	"honest mutex":        mutexServer,
	"honest hub":          hubServer,
	"honest pairs":        pairServer,
	"honest deadlines":    deadlineServer,
	"honest addresses":    addressServer,
	"honest resets":       resetServer,
	"honest barriers":     barrierServer,
	"honest package http": httpServer,
}

// atOnce is how many processes run at a time: most of one's life is the detector's wait at the end.
const atOnce = 8

// A report is what the detector wrote about one process, "" if nothing.
type report string

// run runs a program many times and returns the reports.
func run(t *testing.T, program string, procs, times int) []report {
	t.Helper()
	require.Contains(t, programs, program)
	dir := t.TempDir()
	reports := make([]report, times)
	turns := make(chan int)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range turns {
				reports[i] = runOnce(t, filepath.Join(dir, strconv.Itoa(i)), program, procs)
			}
		})
	}
	for i := range times {
		turns <- i
	}
	close(turns)
	workers.Wait()
	return reports
}

func runOnce(t *testing.T, dir, program string, procs int) report {
	if !assert.NoError(t, os.Mkdir(dir, 0o777)) {
		return ""
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		programVariable+"="+program,
		"GOMAXPROCS="+strconv.Itoa(procs),
		"GORACE=log_path=report exitcode=0 atexit_sleep_ms=50")
	out, err := cmd.CombinedOutput()
	if !assert.NoError(t, err, "%s: %s", program, out) {
		return ""
	}
	assert.Empty(t, string(out), program)
	logs, err := filepath.Glob(filepath.Join(dir, "report.*"))
	assert.NoError(t, err)
	var all []byte
	for _, log := range logs {
		text, err := os.ReadFile(log)
		assert.NoError(t, err)
		all = append(all, text...)
	}
	return report(all)
}

// reported returns how many of the reports tell of a race, and the first that does.
func reported(reports []report) (n int, first report) {
	for _, r := range reports {
		if !strings.Contains(string(r), "DATA RACE") {
			continue
		}
		if n == 0 {
			first = r
		}
		n++
	}
	return n, first
}

// eachProgram runs check for the programs of a kind, with one processor and with several.
func eachProgram(t *testing.T, kind string, check func(t *testing.T, program string, procs int)) {
	for _, program := range slices.Sorted(maps.Keys(programs)) {
		if !strings.HasPrefix(program, kind) {
			continue
		}
		for _, procs := range []int{1, max(2, runtime.NumCPU())} {
			t.Run(fmt.Sprintf("%s, GOMAXPROCS=%d", program, procs), func(t *testing.T) { check(t, program, procs) })
		}
	}
}

func TestRacesThatANetworkWouldHideAreReportedInEveryRun(t *testing.T) {
	eachProgram(t, "racy ", func(t *testing.T, program string, procs int) {
		n, first := reported(run(t, program, procs, 20))
		assert.Equal(t, 20, n)
		assert.Contains(t, first, "racy_test.go")
		for _, file := range sourceFiles(t) {
			assert.NotContains(t, first, "/"+file+":", "the race is not in this package")
		}
	})
}

func TestReportOnABufferNamesTheCallersOfReadAndWrite(t *testing.T) {
	n, first := reported(run(t, "racy read buffer", runtime.NumCPU(), 1))
	require.Equal(t, 1, n)
	assert.Contains(t, first, "(*echoQueue).receive()")
	assert.Contains(t, first, "(*echoQueue).send()")
}

func TestHonestServersAreNeverReported(t *testing.T) {
	eachProgram(t, "honest ", func(t *testing.T, program string, procs int) {
		n, first := reported(run(t, program, procs, 25)) // 50 in all
		assert.Zero(t, n, first)
	})
}

// fail ends a program that did not behave as it should, whatever the detector says.
func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
