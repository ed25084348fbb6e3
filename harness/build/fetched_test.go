package build_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/needs"
)

// The toolchain of a process is found once. So this one goes through the other test again with another Go.
func TestAFetchedGoIsSteered(t *testing.T) {
	needs.Time(t)
	needs.Sandbox(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestSteeredChecksAreBuiltInASandboxAgainAndAgain$")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+needs.FetchedGo(t))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- PASS: TestSteered")
}

func TestALinkToAFetchedGoIsMadeOnceAndPointsThere(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	if dir, err := os.UserCacheDir(); err != nil || dir != cache {
		t.Skip("the user's cache folder has another variable on this system")
	}
	modules := t.TempDir()
	goroot := filepath.Join(modules, "golang.org", "toolchain@v0.0.1-go1.27.4.linux-amd64")
	require.NoError(t, os.MkdirAll(goroot, 0o755))
	var all sync.WaitGroup
	names := make([]string, 8)
	for i := range names {
		all.Go(func() {
			name, err := build.Link(modules, goroot)
			assert.NoError(t, err)
			names[i] = name
		})
	}
	all.Wait()
	for _, name := range names {
		require.Equal(t, names[0], name)
	}
	points := func() {
		t.Helper()
		to, err := os.Readlink(names[0])
		require.NoError(t, err)
		assert.Equal(t, goroot, to)
		inside, err := os.ReadDir(filepath.Dir(names[0]))
		require.NoError(t, err)
		assert.Len(t, inside, 1, "nothing is left of the others")
	}
	points()

	require.NoError(t, os.Remove(names[0]))
	require.NoError(t, os.Symlink(t.TempDir(), names[0]))
	again, err := build.Link(modules, goroot)
	require.NoError(t, err)
	assert.Equal(t, names[0], again)
	points()

	other, err := build.Link(modules, filepath.Join(modules, "another"))
	require.NoError(t, err)
	assert.NotEqual(t, names[0], other)

	_, err = build.Link(filepath.Dir(cache), filepath.Join(cache, "go"))
	assert.ErrorContains(t, err, "is in the module cache, too")
}
