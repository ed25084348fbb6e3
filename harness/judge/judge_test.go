package judge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/startenv"
	"lockstep/harness/verdict"
)

// twist makes a submission of lab 04: the reference, with one piece of it replaced. If the new piece
// uses package os or syscall, that is imported.
func twist(t *testing.T, old, new string) string {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(root, "solutions", "04", "append.go"))
	require.NoError(t, err)
	require.Contains(t, string(data), old)
	text := strings.Replace(string(data), old, new, 1)
	for _, pkg := range []string{"os", "syscall"} {
		if strings.Contains(new, pkg+".") {
			text = strings.Replace(text, "import (\n", "import (\n\t\""+pkg+"\"\n", 1)
		}
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "append.go"), []byte(text), 0o644))
	return dir
}

// run judges one check of lab 04 on the files in dir.
func run(t *testing.T, dir, check string, deadline, grace time.Duration) judge.Verdict {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(root, "04")
	require.NoError(t, err)
	tmp := t.TempDir()
	bin, err := (&build.Builder{Root: root, Dir: tmp}).Test(t.Context(), l, dir)
	require.NoError(t, err)
	c, ok := l.Check(check)
	require.True(t, ok)
	j := &judge.Judge{Dir: t.TempDir(), Deadline: deadline, Grace: grace}
	v, err := j.Run(t.Context(), bin, c)
	require.NoError(t, err)
	left, err := os.ReadDir(j.Dir)
	require.NoError(t, err)
	assert.Empty(t, left, "the judge left files behind")
	return v
}

// Places in the reference.
const (
	start  = "var errTooLong"
	handle = "	defer conn.Close()\n"
	serve  = "	var clients sync.WaitGroup\n"
	lock   = "	s.mu.Lock()\n"
)

func TestOnlyARecordIsAPass(t *testing.T) {
	needs.Time(t)
	for _, row := range []struct {
		name     string
		old, new string
		status   verdict.Status
		says     string
	}{
		{"honest", handle, handle, verdict.Passed, ""},
		{"exit before anything", start, "func init() { os.Exit(0) }\n\n" + start, verdict.Tampered, "does your code call os.Exit"},
		{"exit in a handler", handle, handle + "	os.Exit(0)\n", verdict.Panicked, "append.go:"},
		{"exit that nobody can catch", handle, handle + "	syscall.Exit(0)\n", verdict.Tampered, "in the middle of the check"},
		{"forged words", handle, handle + "	os.Stdout.WriteString(\"--- PASS: TestOKMeansStored (0.00s)\\nPASS\\n\")\n	syscall.Exit(0)\n", verdict.Tampered, "in the middle of the check"},
		{"words of a panic", handle, handle + "	os.Stderr.WriteString(\"panic: recovered\\n\")\n", verdict.Failed, "your server prints"},
		{"panic in a handler", handle, handle + "	var nobody *Server\n	nobody.mu.Lock()\n", verdict.Panicked, "append.go:"},
		{"locks twice", lock, lock + lock, verdict.Failed, "waits for a lock"},
		{"never returns", serve, serve + "	defer func() { select {} }()\n", verdict.Failed, "Serve did not return"},
		{"closes at once", serve, "	ln.Close()\n" + serve, verdict.Failed, "Serve has returned already"},
		{"answers nobody", handle, handle + "	if conn != nil {\n		return\n	}\n", verdict.Failed, "the server closed the connection"},
		{"goroutine of a variable", start, "var _ = func() int { go func() { select {} }(); return 0 }()\n\n" + start, verdict.Leaked, "before anybody has called it"},
		{"another check's name", start, "var _ = func() int { os.Args[1] = \"-test.run=^TestScenario1$\"; return 0 }()\n\n" + start, verdict.Passed, ""},
		{"another folder", start, "var _ = func() int { os.Chdir(\"/\"); os.Clearenv(); return 0 }()\n\n" + start, verdict.Passed, ""},
		{"another error", serve, "	os.ErrNotExist = os.ErrExist\n" + serve, verdict.Failed, "has changed os.ErrNotExist"},
		{"closes standard error", handle, handle + "	os.NewFile(2, \"\").Close()\n", verdict.Tampered, "in the middle of the check"},
		{"closes what it finds", handle, handle + "	os.Stderr.Close()\n	os.Stdin.Close()\n", verdict.Passed, ""},
		{"spins", handle, handle + "	for conn != nil {\n	}\n", verdict.Timeout, "append.go:"},
	} {
		t.Run(row.name, func(t *testing.T) {
			deadline := time.Minute
			if row.status == verdict.Timeout {
				deadline = 2 * time.Second
			}
			v := run(t, twist(t, row.old, row.new), "TestOKMeansStored", deadline, time.Minute) // who spins says where, however late
			assert.Equal(t, row.status, v.Status, v.Message)
			assert.Contains(t, v.Message, row.says)
			assert.Equal(t, row.status == verdict.Passed, v.Message == "", "a failure has a message, a pass has none: %q", v.Message)
		})
	}
}

// A package's initialisation runs before anything of the kit does.
func TestLoopBeforeTheCheckIsEnded(t *testing.T) {
	needs.Time(t)
	dir := twist(t, "var errTooLong", "func init() {\n\tfor {\n\t}\n}\n\nvar errTooLong")
	v := run(t, dir, "TestScenario1", 2*time.Second, time.Second)
	assert.Equal(t, verdict.Timeout, v.Status, v.Message)
	assert.Contains(t, v.Message, "a loop without an end")
	if runtime.GOOS != "windows" {
		assert.Regexp(t, `at append\.go:\d+$`, v.Message, "the line is said, though nothing in the process could")
	}
}

// A check that is left out where it cannot be made must not look like one that was passed.
func TestLeftOutIsNotPassed(t *testing.T) {
	needs.Time(t)
	t.Setenv(startenv.Plain.Name, "1") // on plain TCP, where a connection holds more than the check allows
	root, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(root, "01")
	require.NoError(t, err)
	bin, err := (&build.Builder{Root: root, Dir: t.TempDir()}).Test(t.Context(), l, l.SolutionDir())
	require.NoError(t, err)
	c, ok := l.Check("TestSlowReader")
	require.True(t, ok)
	v, err := (&judge.Judge{Dir: t.TempDir(), Seed: 1}).Run(t.Context(), bin, c)
	require.NoError(t, err)
	assert.Equal(t, verdict.NotRun, v.Status, v.Message)
	assert.Equal(t, "left out: a connection of package net holds more than that", v.Message)
}

// steered judges a check of lab 04 under schedules, on the files in dir.
func steered(t *testing.T, dir, check string) judge.Verdict {
	t.Helper()
	needs.Time(t)
	root, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(root, "04")
	require.NoError(t, err)
	b, unsteered, err := build.Graded(root, t.TempDir())
	require.NoError(t, err)
	if unsteered != nil {
		needs.LeaveOut(t, unsteered.Error())
	}
	bin, err := b.Test(t.Context(), l, dir)
	require.NoError(t, err)
	c, ok := l.Check(check)
	require.True(t, ok)
	v, err := (&judge.Judge{Dir: t.TempDir()}).Run(t.Context(), bin, c)
	require.NoError(t, err)
	return v
}

// Each schedule is one run of a server that begins anew. What it has kept in a variable of the package is held against nobody, and a fault that is there
// in any run is found all the same.
func TestWhatOneScheduleLeavesIsNotHeldAgainstTheNext(t *testing.T) {
	kept := "var served int\n\n" + start
	v := steered(t, twist(t, start, kept), "TestOKMeansStored")
	assert.True(t, v.Passed(), v.Message)

	grown := "	if served++; served > 1 {\n		return errTooLong\n	}\n" + serve
	dir := twist(t, serve, grown)
	text, err := os.ReadFile(filepath.Join(dir, "append.go"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "append.go"), []byte(strings.Replace(string(text), start, kept, 1)), 0o644))
	v = steered(t, dir, "TestManyClientsAtOnce")
	assert.True(t, v.Passed(), v.Message)
	assert.Greater(t, v.Explored.Tried, 10)
	assert.False(t, v.Explored.Complete)
}

// A check that fails under a schedule by lot is told under the few switches that it takes.
func TestAFailureIsToldUnderFewSwitches(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(root, "04")
	require.NoError(t, err)
	m, err := answers.Wrong(l, "betweenlocks")
	require.NoError(t, err)
	dir := t.TempDir()
	for _, f := range m.Files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644))
	}
	v := steered(t, dir, "TestManyClientsAtOnce")
	assert.Equal(t, verdict.Raced, v.Status)
	require.NotNil(t, v.Run)
	assert.LessOrEqual(t, len(v.Run.Taken), 2)
	assert.Greater(t, v.Explored.Tried, 1)
	assert.Contains(t, v.Message, "$GOROOT/src/sync/waitgroup.go:", "where a goroutine was started")
	assert.NotRegexp(t, `pkg/mod|`+lab.Toolchains, v.Message)
}

// The toolchain of a process is found once. So this one goes through the last test again with another Go.
func TestASchedulesFailureIsToldAlikeByAFetchedGo(t *testing.T) {
	needs.Time(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestAFailureIsToldUnderFewSwitches$")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+needs.FetchedGo(t))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- PASS: TestAFailure")
}

// Time passes quickly for a loop that never ends: what is a minute to the check takes a second or two.
func TestAnEndlessLoopIsToldSoon(t *testing.T) {
	for name, loop := range map[string]string{"empty": "	for conn != nil {\n	}\n", "busy": "	for n := 0; conn != nil; n++ {\n		n += 2\n	}\n"} {
		began := time.Now()
		v := steered(t, twist(t, handle, handle+loop), "TestManyClientsAtOnce")
		assert.Equal(t, verdict.Timeout, v.Status, "%s: %s", name, v.Message)
		assert.Contains(t, v.Message, "did not end within 1m0s on a clock that jumps when all goroutines wait, and runs fast when one goes round and round\n", name)
		assert.Regexp(t, `\(\*Server\)\.handle is running, at append\.go:\d+`, v.Message)
		assert.Less(t, time.Since(began), 40*time.Second, "%s: the build and a second or two", name)
	}
}

// Nothing is collected while schedules decide. Who uses much in each run is judged in several processes, under as many schedules as anybody else.
func TestMuchMemoryMakesNoDifference(t *testing.T) {
	lean := steered(t, twist(t, handle, handle), "TestManyClientsAtOnce")
	greedy := steered(t, twist(t, handle, handle+"	room := make([]byte, 4<<20)\n	room[len(room)-1] = 1\n"), "TestManyClientsAtOnce")
	assert.True(t, lean.Passed(), lean.Message)
	assert.True(t, greedy.Passed(), greedy.Message)
	assert.Greater(t, lean.Explored.Tried, 10)
	assert.Greater(t, greedy.Explored.Tried, lean.Explored.Tried*9/10, "the lines make a few steps more")
	assert.False(t, greedy.Explored.Left)
}

// Whoever fails in the second run of a process only, and so asks to be judged in processes of its own, is looked at no less.
func TestWhoMakesItsRunsDifferIsFoundAllTheSame(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(root, "04")
	require.NoError(t, err)
	m, err := answers.Wrong(l, "betweenlocks")
	require.NoError(t, err)
	text := string(m.Files[0].Data)
	require.Contains(t, text, serve)
	text = strings.Replace(text, start, "var served int\n\n"+start, 1)
	text = strings.Replace(text, serve, "	if served++; served == 2 {\n		return errTooLong\n	}\n"+serve, 1)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, m.Files[0].Name), []byte(text), 0o644))
	v := steered(t, dir, "TestManyClientsAtOnce")
	assert.Equal(t, verdict.Raced, v.Status, v.Message)
}
