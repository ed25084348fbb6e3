package build_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/sandbox"
)

// The second build finds in the go command's cache what the first one has put there, and cannot put more.
func TestSteeredChecksAreBuiltInASandboxAgainAndAgain(t *testing.T) {
	needs.Time(t)
	confined := needs.Sandbox(t)
	root, err := lab.Root(".")
	require.NoError(t, err)
	l, err := lab.Find(root, "01")
	require.NoError(t, err)
	tmp, remove, err := sandbox.Scratch()
	require.NoError(t, err)
	defer func() { assert.NoError(t, remove()) }()
	b, unsteered, err := build.Graded(root, tmp)
	require.NoError(t, err)
	if unsteered != nil {
		needs.LeaveOut(t, unsteered.Error())
	}
	b.Sandbox = confined
	require.NoError(t, b.Warm(t.Context(), l, nil))
	stub, err := lab.Read(filepath.Join(root, l.Dir()))
	require.NoError(t, err)
	for range 2 {
		bin, err := b.TestFiles(t.Context(), l, stub)
		require.NoError(t, err)
		assert.True(t, bin.Steered)
		assert.FileExists(t, bin.Path)
	}
}
