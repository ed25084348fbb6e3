package verdict_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/verdict"
)

// A process finds its channel when it starts, so each of the programs below runs in a process of its
// own: this test binary again, with the name of the program in the environment.
const programEnv = "VERDICT_PROGRAM"

var programs = map[string]func(){
	"one check": func() {
		verdict.Start("TestA")
		verdict.End("TestA", verdict.Passed)
	},
	"many checks": func() {
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() { verdict.End(fmt.Sprint("Test", i), verdict.Raced) })
		}
		group.Wait()
	},
	"asked":       func() { fmt.Print(verdict.Asked()) },
	"environment": func() { fmt.Print(strings.Join(os.Environ(), "\n")) },
}

func TestMain(m *testing.M) {
	if name := os.Getenv(programEnv); name != "" {
		programs[name]()
		return
	}
	os.Exit(m.Run())
}

// run runs a program in dir and returns what it printed.
func run(t *testing.T, dir, program string, env ...string) string {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), programEnv+"="+program, "GORACE=atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func newChannel(t *testing.T) *verdict.Channel {
	t.Helper()
	ch, err := verdict.New(t.TempDir())
	require.NoError(t, err)
	return ch
}

// told returns what the process is told of the channel, before it starts.
func told(t *testing.T, ch *verdict.Channel) (file, key string) {
	t.Helper()
	_, secrets, _ := strings.Cut(ch.Env(), "=")
	data, err := os.ReadFile(secrets)
	require.NoError(t, err)
	var all map[string]string
	require.NoError(t, json.Unmarshal(data, &all))
	return all["verdict file"], all["verdict key"]
}

func TestRecordsAreWhatTheProcessSaidInOrder(t *testing.T) {
	ch := newChannel(t)
	_, key := told(t, ch)
	assert.Empty(t, run(t, t.TempDir(), "one check", ch.Env()))
	records, forged := ch.Records()
	assert.False(t, forged)
	assert.Equal(t, []verdict.Record{
		{Key: key, Check: "TestA", Event: "start"},
		{Key: key, Check: "TestA", Event: "end", Status: verdict.Passed},
	}, records)
}

func TestRecordsOfAProcessThatSaysNothingAreNone(t *testing.T) {
	ch := newChannel(t)
	records, forged := ch.Records()
	assert.Empty(t, records)
	assert.False(t, forged)
}

func TestRecordsStayWholeWhenGoroutinesSayThemAtOnce(t *testing.T) {
	ch := newChannel(t)
	assert.Empty(t, run(t, t.TempDir(), "many checks", ch.Env()))
	records, forged := ch.Records()
	assert.False(t, forged)
	checks := map[string]bool{}
	for _, r := range records {
		checks[r.Check] = true
	}
	assert.Len(t, checks, 20)
}

func TestWithoutAChannelNothingIsSaid(t *testing.T) {
	dir := t.TempDir()
	assert.Empty(t, run(t, dir, "one check"))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestAskedTellsWhetherThereIsAChannel(t *testing.T) {
	assert.Equal(t, "true", run(t, t.TempDir(), "asked", newChannel(t).Env()))
	assert.Equal(t, "false", run(t, t.TempDir(), "asked"))
}

func TestTheChannelIsNotInTheEnvironmentOfWhatRuns(t *testing.T) {
	ch := newChannel(t)
	file, key := told(t, ch)
	env := run(t, t.TempDir(), "environment", ch.Env(), "VERDICT_OTHER=stays")
	require.Contains(t, env, "VERDICT_OTHER=stays")
	assert.NotContains(t, env, ch.Env())
	assert.NotContains(t, env, file)
	assert.NotContains(t, env, key)
}

func TestWhatTheKitDidNotWriteIsForged(t *testing.T) {
	_, other := told(t, newChannel(t))
	for name, line := range map[string]string{
		"key of another channel": fmt.Sprintf(`{"key":%q,"check":"TestA","event":"end","status":"passed"}`+"\n", other),
		"no key":                 `{"check":"TestA","event":"end","status":"passed"}` + "\n",
		"empty key":              `{"key":"","check":"TestA","event":"end","status":"passed"}` + "\n",
		"garbage":                "--- PASS: TestA (0.00s)\n",
		"nothing but its end":    "\n",
		"without an end":         "{",
	} {
		t.Run(name, func(t *testing.T) {
			ch := newChannel(t)
			file, _ := told(t, ch)
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			defer f.Close()
			run(t, t.TempDir(), "one check", ch.Env())
			_, err = f.WriteString(line)
			require.NoError(t, err)
			records, forged := ch.Records()
			assert.True(t, forged)
			assert.Len(t, records, 2, "those of the kit")
		})
	}
}

func TestAChannelThatIsGoneIsToldOf(t *testing.T) {
	ch := newChannel(t)
	file, _ := told(t, ch)
	require.NoError(t, os.Remove(file))
	assert.Contains(t, run(t, t.TempDir(), "one check", ch.Env()), "lockstep: the verdict cannot be told: ")
	records, forged := ch.Records()
	assert.Empty(t, records)
	assert.True(t, forged, "nobody but the process was there to remove it")
}

func TestAChannelNeedsItsFolder(t *testing.T) {
	_, err := verdict.New(filepath.Join(t.TempDir(), "missing"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
