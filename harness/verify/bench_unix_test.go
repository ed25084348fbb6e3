//go:build unix

package verify_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// What check costs on the reference of each lab: its build, with everything else in the go command's cache, and all of its checks. Schedules decide, or seeds
// disturb, as where no schedule can. The metrics are of processors, all child processes included: how long anybody waits depends on how many there are.
func BenchmarkChecks(b *testing.B) {
	root, err := lab.Root(".")
	require.NoError(b, err)
	labs, err := lab.All(root)
	require.NoError(b, err)
	for _, l := range labs {
		b.Run("lab="+l.ID, func(b *testing.B) {
			graded, unsteered, err := build.Graded(root, b.TempDir())
			require.NoError(b, err)
			if unsteered != nil {
				needs.LeaveOut(b, unsteered.Error())
			}
			seeds := *graded
			seeds.Steer = nil
			for _, way := range []struct {
				name    string
				builder *build.Builder
			}{{"seeds", &seeds}, {"schedules", graded}} {
				b.Run(way.name, func(b *testing.B) { checks(b, way.builder, l) })
			}
		})
	}
}

func checks(b *testing.B, builder *build.Builder, l *lab.Lab) {
	j := &judge.Judge{Dir: b.TempDir()}
	var building, checking time.Duration
	once := func() {
		began := used(b)
		bin, err := builder.Test(b.Context(), l, l.SolutionDir())
		require.NoError(b, err)
		built := used(b)
		verdicts, err := j.All(b.Context(), bin, l.Checks)
		require.NoError(b, err)
		for _, v := range verdicts {
			require.True(b, v.Passed(), "%s: %s", v.Check.Name, v.Message)
		}
		building += built - began
		checking += used(b) - built
		require.NoError(b, os.RemoveAll(filepath.Dir(bin.Path)))
	}
	once() // it may be the first on this machine
	building, checking = 0, 0
	for b.Loop() {
		once()
	}
	b.ReportMetric(building.Seconds()/float64(b.N), "build-s/op")
	b.ReportMetric(checking.Seconds()/float64(b.N), "checks-s/op")
	b.ReportMetric((building+checking).Seconds()/float64(b.N), "both-s/op")
}

// used is the processor time of the child processes that have ended.
func used(b *testing.B) time.Duration {
	var all unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_CHILDREN, &all))
	return time.Duration(all.Utime.Nano() + all.Stime.Nano())
}
