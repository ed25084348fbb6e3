package verify_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/startenv"
)

// All checks of lab 04 on the reference, in one process: as a student builds it, and as it is built
// for grading. The process itself takes the same time in both.
func BenchmarkChecks(b *testing.B) {
	root, err := lab.Root(".")
	require.NoError(b, err)
	l, err := lab.Find(root, "04")
	require.NoError(b, err)
	j := &judge.Judge{Dir: b.TempDir()}
	for _, perturbed := range []bool{false, true} {
		b.Run(fmt.Sprintf("perturbed=%t", perturbed), func(b *testing.B) {
			bin, err := (&build.Builder{Root: root, Dir: b.TempDir(), Perturb: perturbed}).Test(b.Context(), l, l.SolutionDir())
			require.NoError(b, err)
			seed := 0
			for b.Loop() {
				seed++
				failed, err := j.Suite(b.Context(), bin, startenv.Seed.With(fmt.Sprint(seed)))
				require.NoError(b, err)
				require.False(b, failed)
			}
		})
	}
}
