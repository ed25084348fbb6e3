package verdict_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/race"
	"lockstep/harness/startenv"
	"lockstep/harness/verdict"
)

// A process finds its channel when it starts, so each of the programs below runs in a process of its
// own: this test binary again, with the name of the program in the environment.
const programEnv = "VERDICT_PROGRAM"

const report = "==================\nWARNING: DATA RACE\nWrite at 0x00c000012345 by goroutine 7:\n  main.f()\n      main.go:1 +0x1\n==================\n"

// theirs is what a student's code can write to, and what it finds there.
var theirs = startenv.Stderr()

var programs = map[string]func(){
	"passes": func() {
		verdict.Start("TestA")
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"says it twice": func() {
		verdict.Start("TestA")
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() { verdict.End("TestA", verdict.Failed, 0, verdict.Explored{}) })
		}
		group.Wait()
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"ends in the middle": func() { verdict.Start("TestA") },
	"another check": func() {
		verdict.Start("TestB")
		verdict.End("TestB", verdict.Passed, 0, verdict.Explored{})
	},
	"never began": func() { verdict.End("TestA", verdict.Passed, 0, verdict.Explored{}) },
	"races and passes": func() {
		verdict.Start("TestA")
		theirs.WriteString(report)
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"races after its verdict": func() {
		verdict.Start("TestA")
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
		theirs.WriteString(report)
	},
	"relays": func() {
		verdict.Start("TestA")
		verdict.Relay(report)
		verdict.End("TestA", verdict.Raced, 1, verdict.Explored{})
	},
	"loses a report": func() {
		verdict.Start("TestA")
		verdict.End("TestA", verdict.Raced, 1, verdict.Explored{})
	},
	"closes standard error": func() {
		verdict.Start("TestA")
		theirs.Close()
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"closes what it finds": func() {
		verdict.Start("TestA")
		os.Stderr.Close()
		os.Stdin.Close()
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"puts another file in its place": func() {
		verdict.Start("TestA")
		theirs.Close()
		os.Create(os.DevNull) // gets the number that is free
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"writes what looks like a record": func() {
		verdict.Start("TestA")
		theirs.WriteString("\n\x1elockstep\x1e0000 {\"number\":2,\"check\":\"TestA\",\"schedule\":\"7\",\"event\":\"end\",\"status\":\"passed\"}\n")
		verdict.End("TestA", verdict.Failed, 0, verdict.Explored{})
	},
	"prints without an ending": func() {
		verdict.Start("TestA")
		theirs.WriteString(strings.Repeat("x", 1<<18))
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"floods": func() {
		verdict.Start("TestA")
		for range 100 {
			theirs.WriteString(strings.Repeat("many words\n", 1<<12))
			theirs.WriteString(report)
		}
		verdict.End("TestA", verdict.Raced, 100, verdict.Explored{})
	},
	"asks for itself": func() { // whoever asks first
		verdict.Start("TestA")
		theirs.WriteString("\n\x1elockstep\x1e\n")
		verdict.End("TestA", verdict.Passed, 0, verdict.Explored{})
	},
	"asked":       func() { fmt.Fprint(theirs, verdict.Asked()) },
	"environment": func() { fmt.Fprint(theirs, strings.Join(os.Environ(), "\n"), "\n", strings.Join(os.Args, " ")) },
}

func TestMain(m *testing.M) {
	if name := startenv.Getenv(programEnv); name != "" {
		go verdict.Attend()
		programs[name]()
		return
	}
	os.Exit(m.Run())
}

// command makes the process that runs a program.
func command(t *testing.T, program string) *exec.Cmd {
	t.Helper()
	require.Contains(t, programs, program)
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), programEnv+"="+program, "GORACE="+race.GORACE)
	return cmd
}

// run runs a program behind a channel.
func run(t *testing.T, program string) verdict.Evidence {
	t.Helper()
	cmd := command(t, program)
	ch := verdict.New("TestA", 7)
	require.NoError(t, ch.Attach(cmd))
	defer ch.Close()
	require.NoError(t, cmd.Start())
	ch.Started()
	gone := make(chan struct{})
	go func() { // ends with the process
		select {
		case <-ch.Broken():
			cmd.Process.Kill()
		case <-gone:
		}
	}()
	cmd.Wait()
	close(gone)
	return ch.Evidence(time.Minute)
}

func TestEvidence(t *testing.T) {
	for _, row := range []struct {
		program string
		ended   bool
		status  verdict.Status
		races   int
		forged  string
	}{
		{"passes", true, verdict.Passed, 0, ""},
		{"says it twice", true, verdict.Failed, 0, ""},
		{"ends in the middle", false, "", 0, ""},
		{"another check", false, "", 0, "TestB ran in its place"},
		{"never began", false, "", 0, "do not follow one another"},
		{"races and passes", true, verdict.Passed, 1, ""},
		{"races after its verdict", true, verdict.Passed, 1, ""},
		{"relays", true, verdict.Raced, 1, ""},
		{"loses a report", true, verdict.Raced, 0, "reported 1 data races, and 0 of the reports arrived"},
		{"closes what it finds", true, verdict.Passed, 0, ""},
		{"prints without an ending", true, verdict.Passed, 0, ""},
		{"floods", true, verdict.Raced, 100, ""},
	} {
		t.Run(row.program, func(t *testing.T) {
			o := run(t, row.program)
			assert.Equal(t, row.ended, o.Ended)
			assert.Equal(t, row.status, o.Status)
			assert.Equal(t, row.races, o.Races)
			assert.LessOrEqual(t, len(o.Reports), o.Races)
			if row.forged == "" {
				assert.Empty(t, o.Forged)
			} else {
				assert.Contains(t, o.Forged, row.forged)
			}
			assert.LessOrEqual(t, len(o.Text), 1<<20)
		})
	}
}

// A process has no other way to the judge than the one that the detector's reports take.
func TestWithoutStandardErrorThereIsNoVerdict(t *testing.T) {
	for _, program := range []string{"closes standard error", "puts another file in its place"} {
		t.Run(program, func(t *testing.T) {
			cmd := command(t, program)
			ch := verdict.New("TestA", 7)
			require.NoError(t, ch.Attach(cmd))
			require.NoError(t, cmd.Start())
			ch.Started()
			o := ch.Evidence(time.Minute) // nobody holds the other end
			assert.True(t, o.Started)
			assert.False(t, o.Ended)
			cmd.Process.Kill() // it waits for the judge, who has heard nothing, or has given up
			assert.Error(t, cmd.Wait())
			ch.Close()
		})
	}
}

func TestWhatTheKitDidNotWriteIsForged(t *testing.T) {
	for _, program := range []string{"writes what looks like a record", "asks for itself"} {
		t.Run(program, func(t *testing.T) {
			cmd := command(t, program)
			ch := verdict.New("TestA", 7)
			require.NoError(t, ch.Attach(cmd))
			require.NoError(t, cmd.Start())
			ch.Started()
			<-ch.Broken()
			cmd.Process.Kill() // it would wait for an answer, or has done so in vain
			cmd.Wait()
			o := ch.Evidence(time.Minute)
			assert.False(t, o.Ended)
			assert.Contains(t, o.Forged, "something else than the check")
			ch.Close()
		})
	}
}

func TestWithoutAChannelNothingIsSaid(t *testing.T) {
	out, err := command(t, "passes").CombinedOutput()
	require.NoError(t, err)
	assert.Empty(t, string(out))
	out, err = command(t, "asked").CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, "false", string(out))
}

func TestAskedTellsWhetherThereIsAChannel(t *testing.T) {
	assert.Equal(t, "true", strings.TrimSpace(run(t, "asked").Text))
}

func TestTheChannelIsNotInTheEnvironmentOfWhatRuns(t *testing.T) {
	text := run(t, "environment").Text
	assert.Contains(t, text, programEnv)
	assert.NotContains(t, text, "LOCKSTEP_")
	assert.NotContains(t, text, "GORACE")
}
