package solutions_test

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/gate"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/verdict"
	"lockstep/harness/verify"
)

var parityOf = flag.Int("parity", 4, "compare one in so many mistakes of a lab; 1 compares all")

// What a student reads of his own check is kept beside it. Whoever grades him must read the same, word for word: the
// names, the lines of his file, the lock that is missing. So mistakes are built from memory and judged in a sandbox here, as grade does it.
func TestGradeSaysWhatCheckSays(t *testing.T) {
	needs.Time(t)
	confined := confined(t)
	for _, l := range labs(t) {
		t.Run(l.Name, func(t *testing.T) {
			b, _, err := build.Graded(l.Root, t.TempDir())
			require.NoError(t, err)
			b.Sandbox = confined
			if b.Sandbox != nil {
				require.NoError(t, b.Warm(t.Context(), l, gate.Allowed(l)))
			}
			j := &judge.Judge{Dir: t.TempDir(), Sandbox: b.Sandbox, Calm: true}
			mistakes, err := answers.Mistakes(l)
			require.NoError(t, err)
			var group errgroup.Group
			group.SetLimit(runtime.NumCPU())
			for i, m := range mistakes {
				if !m.Varies && i%*parityOf == 0 {
					group.Go(func() error { return parity(t, b, j, l, m) })
				}
			}
			require.NoError(t, group.Wait())
		})
	}
}

// parity compares what one mistake is told.
func parity(t *testing.T, b *build.Builder, j *judge.Judge, l *lab.Lab, m answers.Mistake) error {
	assert.Empty(t, gate.Check(l, m.Files), "%s: a mistake is no fraud", m.Path)
	bin, err := b.TestFiles(t.Context(), l, m.Files)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(bin.Path))
	check, _ := l.Check(m.Checks[0])
	v, err := j.Run(t.Context(), bin, check)
	if err != nil {
		return err
	}
	assert.NotEqual(t, verdict.Passed, v.Status, m.Path)
	want, err := os.ReadFile(filepath.Join(l.Root, m.Golden()))
	if assert.NoError(t, err) {
		assert.Equal(t, string(want), verify.Told(v.Message), "%s: grade says something else than check", m.Path)
	}
	return nil
}
