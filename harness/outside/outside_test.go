package outside_test

import (
	"errors"
	gobuild "go/build"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/outside"
)

// A few kernels and patterns are measured, of which the answer is the same every time: schedules decide.
func TestTheEngineFindsWhatItFindsEveryTime(t *testing.T) {
	needs.Time(t)
	root, err := lab.Root(".")
	require.NoError(t, err)
	b, unsteered, err := build.Graded(root, t.TempDir())
	require.NoError(t, err)
	if unsteered != nil {
		needs.LeaveOut(t, unsteered.Error())
	}
	m := &outside.Measure{Builder: b, Runs: 1, Only: []string{"Etcd10492", "Cockroach7504", "Kubernetes30872", "map", "no lock", "named result, right"}}
	found := map[string]string{}
	var all []outside.Result
	err = m.Take(t.Context(), gobuild.Default.GOROOT, func(r outside.Result) {
		all = append(all, r)
		found[r.Name] = r.How + ": " + r.What
		if r.Right {
			assert.Zero(t, r.Plain, r.Name)
			assert.True(t, r.Complete, r.Name)
		}
	})
	if errors.Is(err, fs.ErrNotExist) {
		needs.LeaveOut(t, "this installation of Go has no kernels of bugs: ", err)
	}
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"Etcd10492":           "the plain schedule: Etcd10492.func2(...) [sync.Mutex.Lock]",
		"Cockroach7504":       "one switch: Cockroach7504.func2.1(...) [sync.Mutex.Lock]",
		"Kubernetes30872":     "by lot: (*Controller_kubernetes30872).Run(...) [sync.Mutex.Lock]",
		"map":                 "the plain schedule: a data race",
		"no lock":             "one switch: a data race",
		"named result, right": ": ",
	}, found)
	totals := outside.Totals(all, 1)
	require.Len(t, totals, 3)
	assert.Equal(t, "Resource", totals[0].Class)
	assert.Equal(t, 3, totals[0].Bugs)
	assert.Equal(t, outside.Corrected, totals[2].Class)
	assert.Equal(t, map[string]int{"": 1}, totals[2].Graded)
}

// Of each kernel it is known what it leaves behind; but for one, which Go's own test leaves out, because it crashes at times.
func TestKernelsAreReadWhereGoIs(t *testing.T) {
	bugs, files, err := outside.Kernels(gobuild.Default.GOROOT)
	if errors.Is(err, fs.ErrNotExist) {
		needs.LeaveOut(t, "this installation of Go has no kernels of bugs: ", err)
	}
	require.NoError(t, err)
	assert.Len(t, files, len(bugs))
	assert.Greater(t, len(bugs), 50)
	for _, b := range bugs {
		assert.NotEmpty(t, b.Class, b.Name)
		if b.Name != "Kubernetes1321" {
			assert.NotEmpty(t, b.Left, b.Name)
		}
	}
}
