package steer_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/needs"
	"lockstep/harness/steer"
)

var program string // testdata/run, built to be steered

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "steer-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "run.exe")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// compiled compiles the program once.
var compiled = sync.OnceValue(func() error {
	s, err := build.NewSteering(filepath.Dir(program))
	if err != nil {
		return err
	}
	return s.Program(context.Background(), "./testdata/run", program)
})

// run runs the program under a schedule, and returns what it printed and what was recorded.
func run(t *testing.T, what string, s steer.Schedule) (string, steer.Run, error) {
	t.Helper()
	needs.Time(t)
	require.NoError(t, compiled())
	recording := filepath.Join(t.TempDir(), "recording")
	require.NoError(t, os.WriteFile(recording, nil, 0o644))
	require.NoError(t, os.Truncate(recording, steer.Size))
	schedule, err := json.Marshal(s)
	require.NoError(t, err)
	plan := filepath.Join(t.TempDir(), "plan")
	require.NoError(t, os.WriteFile(plan, []byte("as here"), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of real time, for what takes none
	defer cancel()
	cmd := exec.CommandContext(ctx, program, what, string(schedule), recording)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "LOCKSTEP_SCHEDULE="+plan, "GORACE=atexit_sleep_ms=0")
	out, failed := cmd.CombinedOutput()
	f, err := os.Open(recording)
	require.NoError(t, err)
	defer f.Close()
	r, err := steer.Read(f)
	require.NoError(t, err, "%s", out)
	return string(out), r, failed
}

var byLot = steer.Schedule{Seed: 3, Odds: 1 << 15}

// well is run for a program that ends well.
func well(t *testing.T, what string, s steer.Schedule) (string, steer.Run) {
	t.Helper()
	out, r, err := run(t, what, s)
	require.NoError(t, err, out)
	return out, r
}

func TestTheSameScheduleIsTheSameRun(t *testing.T) {
	for _, what := range []string{"relay", "map", "small map", "chance", "time", "lost update"} {
		for _, s := range []steer.Schedule{{Seed: 1}, byLot} {
			out, first := well(t, what, s)
			for range 2 {
				again, r := well(t, what, s)
				assert.Equal(t, out, again, what)
				at, same := steer.Same(first, r)
				assert.True(t, same, "%s: event %d differs", what, at)
			}
		}
	}
}

func TestAnotherSeedIsAnotherRun(t *testing.T) {
	for _, what := range []string{"relay", "map", "small map", "chance"} {
		seen := map[string]bool{}
		for seed := range uint64(5) {
			out, _ := well(t, what, steer.Schedule{Seed: seed, Odds: 1 << 15})
			seen[out] = true
		}
		assert.Greater(t, len(seen), 2, what)
	}
}

func TestAGoroutineRunsUntilItBlocksInThePlainSchedule(t *testing.T) {
	out, r := well(t, "relay", steer.Schedule{Seed: 1})
	assert.Empty(t, r.Taken)
	for _, who := range "0123" {
		assert.Contains(t, out, strings.Repeat(string(who), 5))
	}
}

func TestWhatWasTakenByLotIsASchedule(t *testing.T) {
	out, r := well(t, "relay", byLot)
	require.NotEmpty(t, r.Taken)
	again, replayed := well(t, "relay", r.Schedule())
	assert.Equal(t, out, again)
	at, same := steer.Same(r, replayed)
	assert.True(t, same, "event %d differs", at)
	assert.Equal(t, r.Taken, replayed.Taken)
}

func TestOneSwitchLosesAnUpdate(t *testing.T) {
	plain, r := well(t, "lost update", steer.Schedule{Seed: 1})
	require.Equal(t, "3", plain)
	e := steer.Explorer{Plan: steer.Plan{Singles: 1000}}
	_, ok := e.Next(steer.Run{})
	require.True(t, ok)
	lost := 0
	for s, ok := e.Next(r); ok; s, ok = e.Next(r) {
		require.Len(t, s.Switches, 1)
		if out, _ := well(t, "lost update", s); out != "3" {
			lost++
		}
	}
	tried, complete := e.Tried()
	assert.True(t, complete)
	assert.Greater(t, tried, 5)
	assert.NotZero(t, lost, "of %d schedules", tried)
}

func TestTimeJumps(t *testing.T) {
	out, _ := well(t, "time", steer.Schedule{Seed: 1})
	assert.Equal(t, "1h0m0s 1h0m10s", out)
}

func TestThereStaysOneProcessor(t *testing.T) {
	out, _ := well(t, "procs", steer.Schedule{Seed: 1})
	assert.Equal(t, "1 1", out)
}

func TestWhoGivesWayInALoopIsOvertaken(t *testing.T) {
	for _, s := range []steer.Schedule{{Seed: 1}, byLot} {
		out, _ := well(t, "gosched", s)
		assert.Equal(t, "true true", out)
	}
}

func TestWhoSpinsKeepsNobodyWaitingForEver(t *testing.T) {
	for _, s := range []steer.Schedule{{Seed: 1}, byLot} {
		out, _ := well(t, "spin", s)
		assert.Equal(t, "false true", out)
	}
}

func TestWhoGoesRoundForEverIsNotWaitedForLong(t *testing.T) {
	for _, s := range []steer.Schedule{{Seed: 1}, byLot} {
		began := time.Now()
		out, _ := well(t, "endless", s)
		assert.Equal(t, "true", out)
		assert.Less(t, time.Since(began), 20*time.Second, "it takes a second or two")
	}
}

func TestALongSystemCallIsTold(t *testing.T) {
	out, r := well(t, "system call", steer.Schedule{Seed: 1})
	assert.Equal(t, "x", out)
	assert.NotZero(t, r.Flags&steer.Stuck)
}

func TestASocketIsTold(t *testing.T) {
	out, r := well(t, "socket", steer.Schedule{Seed: 1})
	assert.Equal(t, "accepted", out)
	assert.NotZero(t, r.Flags&steer.Socket)
	assert.Equal(t, "it waited for a socket", (r.Flags & steer.Socket).String())
}

// The lock orders the two increments unless one comes in between: so the detector is blind in the plain schedule, and must not be in that one.
func TestNothingIsOrderedBySteering(t *testing.T) {
	out, _, err := run(t, "race", steer.Schedule{Seed: 1})
	require.NoError(t, err, out)
	raced := 0
	for seed := range uint64(10) {
		out, _, err := run(t, "race", steer.Schedule{Seed: seed, Odds: 1 << 15})
		if err != nil {
			assert.Contains(t, out, "WARNING: DATA RACE")
			raced++
		}
	}
	assert.Greater(t, raced, 2)
}

func TestARecordingOutlivesACrash(t *testing.T) {
	out, r, err := run(t, "panic", steer.Schedule{Seed: 1})
	require.Error(t, err)
	assert.Contains(t, out, "as asked")
	var statements []uint64
	for _, e := range r.Events {
		if e.Kind == steer.Statement {
			statements = append(statements, e.A)
		}
	}
	assert.Equal(t, []uint64{1, 2}, statements)
}

func TestWhatAScheduleLeavesIsOverBeforeTheNext(t *testing.T) {
	out, _ := well(t, "leftover", steer.Schedule{Seed: 1})
	words := strings.Fields(out)
	require.Len(t, words, 6)
	assert.Equal(t, words[:3], words[3:])
	assert.Equal(t, "false", words[2])
}
