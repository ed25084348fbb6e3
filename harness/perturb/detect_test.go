//go:build race

package perturb

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests are about programs with and without mistakes. Each run is a process of its own: the
// seed is read, and a race is reported, once in a process.

// programs builds testdata/programs once, as it is and rewritten.
var programs = struct {
	once             sync.Once
	dir              string
	plain, rewritten string
}{}

func buildPrograms(t testing.TB) {
	t.Helper()
	programs.once.Do(func() {
		files := newOverlay(t)
		sources, err := filepath.Glob("testdata/programs/server/*.go")
		require.NoError(t, err)
		for _, source := range sources {
			source, err := filepath.Abs(source)
			require.NoError(t, err)
			text, err := os.ReadFile(source)
			require.NoError(t, err)
			text, err = File(source, text)
			require.NoError(t, err)
			files.add(t, source, source, text)
		}
		overlay := files.write(t)
		plain, rewritten := filepath.Join(programs.dir, "plain.exe"), filepath.Join(programs.dir, "rewritten.exe")
		mustGo(t, "build", "-race", "-o", plain, "./testdata/programs")
		mustGo(t, "build", "-race", "-overlay", overlay, "-o", rewritten, "./testdata/programs")
		programs.plain, programs.rewritten = plain, rewritten
	})
	require.NotEmpty(t, programs.rewritten, "the programs could not be built")
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "perturb-")
	if err != nil {
		panic(err)
	}
	programs.dir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// An outcome is what one run of a program has shown.
type outcome struct {
	said  string // on standard output
	races string // the detector's reports
	crash string // how the program died, if it did
}

var seeds = flag.Int("seeds", 20, "under how many seeds to run each program")

// runs runs a program under several seeds, with as many processors, and calls judge for each run.
func runs(t *testing.T, binary, program string, procs int, judge func(t *testing.T, o outcome)) {
	t.Helper()
	turns := make(chan int)
	outcomes := make([]outcome, *seeds)
	var workers sync.WaitGroup
	for range 8 { // most of a run is the detector's wait at its end
		workers.Go(func() {
			for i := range turns {
				outcomes[i] = runOnce(t, binary, program, procs, i+1)
			}
		})
	}
	for i := range outcomes {
		turns <- i
	}
	close(turns)
	workers.Wait()
	for i, o := range outcomes {
		if judge(t, o); t.Failed() {
			t.Fatalf("seed %d\n%s\n%s\n%s", i+1, o.said, o.races, o.crash)
		}
	}
}

func runOnce(t testing.TB, binary, program string, procs, seed int) outcome {
	dir, err := os.MkdirTemp(programs.dir, "run-")
	if !assert.NoError(t, err) {
		return outcome{}
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(t.Context(), binary, program)
	cmd.Env = append(os.Environ(),
		fmt.Sprintf("LOCKSTEP_SEED=%d", seed),
		fmt.Sprintf("GOMAXPROCS=%d", procs),
		"GORACE=exitcode=0 atexit_sleep_ms=50 log_path="+filepath.Join(dir, "report"))
	var said, logged strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &logged
	err = cmd.Run()
	o := outcome{said: said.String()}
	if err != nil {
		o.crash = logged.String()
	}
	reports, err := filepath.Glob(filepath.Join(dir, "report.*"))
	assert.NoError(t, err)
	for _, report := range reports {
		text, err := os.ReadFile(report)
		assert.NoError(t, err)
		o.races += string(text)
	}
	return o
}

// onProcs runs check with one processor and with two.
func onProcs(t *testing.T, check func(t *testing.T, procs int)) {
	t.Helper()
	buildPrograms(t)
	for _, procs := range []int{1, 2} {
		t.Run(fmt.Sprintf("GOMAXPROCS=%d", procs), func(t *testing.T) { check(t, procs) })
	}
}

func TestRacesAreReportedInEveryRun(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"map", "counter", "slice", "between"} {
		t.Run(name, func(t *testing.T) {
			onProcs(t, func(t *testing.T, procs int) {
				runs(t, programs.rewritten, name, procs, func(t *testing.T, o outcome) {
					if name == "map" && strings.Contains(o.crash, "fatal error: concurrent map") {
						return // the runtime has been faster
					}
					assert.Empty(t, o.crash)
					assert.Contains(t, o.races, "DATA RACE")
					assert.Contains(t, o.races, filepath.FromSlash("server/room.go:"), "the student's line")
					assert.NotContains(t, o.races, "perturb/engine")
					assert.NotContains(t, o.races, "perturb/sync")
				})
			})
		})
	}
}

func TestMistakesThatAreNoRacesHappenInEveryRun(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"act":    "clients have the same name",
		"close":  "close of closed channel",
		"add":    "a handler runs after Serve has returned",
		"count":  "a visitor is served before it counts",
		"orders": "inversion: lock order: locks.go:",
		"kept":   "held-at-end: locks.go:",
		"twice":  "self-deadlock: locks.go:",
	} {
		t.Run(name, func(t *testing.T) {
			onProcs(t, func(t *testing.T, procs int) {
				runs(t, programs.rewritten, name, procs, func(t *testing.T, o outcome) {
					assert.Empty(t, o.crash)
					assert.Contains(t, o.said, want)
				})
			})
		})
	}
}

func TestNothingIsSaidOfCorrectPrograms(t *testing.T) {
	t.Parallel()
	const all = "map+,counter+,slice+,between+,act+,close+,add+,count+,orders+,kept+,twice+"
	onProcs(t, func(t *testing.T, procs int) {
		runs(t, programs.rewritten, all, procs, func(t *testing.T, o outcome) { assert.Equal(t, outcome{}, o) })
	})
}

// TestLocksOrderNothingElse has two goroutines use locks that have nothing to do with each other,
// between which the engine's own tables are used all the time.
func TestLocksOrderNothingElse(t *testing.T) {
	t.Parallel()
	onProcs(t, func(t *testing.T, procs int) {
		for _, binary := range []string{programs.plain, programs.rewritten} {
			runs(t, binary, "unrelated", procs, func(t *testing.T, o outcome) { assert.Contains(t, o.races, "DATA RACE") })
		}
	})
}
