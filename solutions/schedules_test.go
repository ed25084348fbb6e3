package solutions_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/needs"
	"lockstep/harness/steer"
)

// Each check of which schedules decide goes the same way again under the same schedule, event by event, in a process of its own.
func TestARunUnderAScheduleIsTheSameAgain(t *testing.T) {
	needs.Time(t)
	for _, l := range labs(t) {
		t.Run(l.ID+l.Name, func(t *testing.T) {
			b, unsteered, err := build.Graded(l.Root, t.TempDir())
			require.NoError(t, err)
			if unsteered != nil {
				needs.LeaveOut(t, unsteered.Error())
			}
			bin, err := b.Test(t.Context(), l, l.SolutionDir())
			require.NoError(t, err)
			j := &judge.Judge{Dir: t.TempDir()}
			for _, c := range l.Checks {
				if c.Singles == 0 {
					continue
				}
				var first *steer.Run
				for range 3 {
					v, err := j.Replay(t.Context(), bin, c, steer.Schedule{Seed: 5, Odds: 1 << 13})
					require.NoError(t, err)
					require.True(t, v.Passed(), "%s: %s", c.Name, v.Message)
					require.NotNil(t, v.Run, c.Name)
					if first == nil {
						first = v.Run
					}
					at, same := steer.Same(*first, *v.Run)
					assert.True(t, same, "%s: event %d differs", c.Name, at)
				}
			}
		})
	}
}
