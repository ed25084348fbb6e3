package build_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// confined is a kit whose builds are confined, and warm.
func confined(t *testing.T) (*build.Builder, *lab.Lab) {
	t.Helper()
	needs.Time(t)
	s := needs.Sandbox(t)
	b, l := perturbing(t)
	write(t, b.Root, "solutions/77/who.go", right)
	b.Sandbox = s
	require.NoError(t, b.Warm(t.Context(), l, []string{"errors", "text/tabwriter"}))
	return b, l
}

func TestNoSubmissionGrowsTheCache(t *testing.T) {
	b, l := confined(t)
	for _, row := range []struct {
		name     string
		confined bool
	}{{"confined", true}, {"control", false}} {
		t.Run(row.name, func(t *testing.T) {
			b := *b
			if !row.confined {
				b.Sandbox = nil
			}
			mark := rand.Text()
			begin := time.Now().Add(-time.Second) // as coarse as a file system may be
			bin, err := b.TestFiles(t.Context(), l, files("package who\n\nfunc Am() string { return \""+mark+"\" }\n"))
			require.NoError(t, err)
			assert.Contains(t, run(t, bin), mark)
			assert.Equal(t, !row.confined, cached(t, mark, begin))
		})
	}
}

// What changes in the kit while a class is graded is nobody's mistake.
func TestTheKitMayChangeAfterItWasWarmed(t *testing.T) {
	b, l := confined(t)
	for _, name := range []string{"harness/startenv/x.go", "harness/norace/x.go"} {
		path := filepath.Join(b.Root, filepath.FromSlash(name))
		old := time.Now().Add(-time.Hour) // a change of a moment ago is not indexed
		write(t, b.Root, name+".txt", "notes")
		require.NoError(t, os.Chtimes(path, old, old))
		require.NoError(t, os.Chtimes(path+".txt", old, old))
	}
	bin, err := b.TestFiles(t.Context(), l, files(right))
	require.NoError(t, err)
	assert.Contains(t, run(t, bin), "answer")
}

// cached tells whether the go command's cache has something with these words in it, from a time on.
func cached(t *testing.T, words string, from time.Time) (found bool) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(strings.TrimSpace(string(out)), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // others use it too
		}
		if info, err := e.Info(); err == nil && !info.ModTime().Before(from) {
			data, _ := os.ReadFile(path)
			found = found || bytes.Contains(data, []byte(words))
		}
		return nil
	}))
	return found
}

func TestWhatNeedsTooMuchToCompileIsGivenUp(t *testing.T) {
	b, l := confined(t)
	for _, row := range []struct {
		name, more string
		cpu        time.Duration
		want       string
	}{
		{"disk", "var big = [700 << 20]byte{1, 700<<20 - 1: 1}", 0, "more than 256 MiB on disk"},
		{"processor", "func f() { var x [1000]int\n" + strings.Repeat("for i := range x { x[i] += x[x[i]] }\n", 3000) + "}", time.Second, "more than 1s of processor time"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.cpu != 0 {
				build.SetCPU(t, row.cpu)
			}
			_, err := b.TestFiles(t.Context(), l, files(right+"\n"+row.more+"\n"))
			bad, ok := errors.AsType[*build.CompileError](err)
			require.True(t, ok, "%v", err)
			assert.Contains(t, bad.Output, row.want)
			assert.NotContains(t, bad.Output, "\n")
			left, err := filepath.Glob(filepath.Join(b.Dir, "build-*"))
			require.NoError(t, err)
			assert.Empty(t, left, "what was written is gone")
		})
	}
}

func TestWarmTellsOnceThatNothingCanBeBuiltHere(t *testing.T) {
	b, l := confined(t)
	build.SetCPU(t, time.Millisecond)
	write(t, b.Root, "solutions/77/who.go", right+"\nfunc f() { var x [1000]int\n"+strings.Repeat("for i := range x { x[i] += x[x[i]] }\n", 3000)+"}\n")
	err := b.Warm(t.Context(), l, nil)
	require.IsType(t, &build.ToolError{}, err)
	assert.ErrorContains(t, err, "the reference of lab 77 does not compile with what a submission may use")
	assert.ErrorContains(t, b.Warm(t.Context(), l, []string{"no/such/package"}), "no/such/package")
}
