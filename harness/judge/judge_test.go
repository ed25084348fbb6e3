package judge_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		{"words of a panic", handle, handle + "	os.Stderr.WriteString(\"panic: recovered\\n\")\n", verdict.Passed, ""},
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
