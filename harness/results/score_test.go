package results_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

func TestScoreAddsUpWhatPassed(t *testing.T) {
	for _, c := range []struct {
		what     string
		checks   []results.CheckResult
		want     results.Score
		complete bool
		text     string
	}{
		{"all passed", became(passed, passed, passed), results.Score{Core: 100, MaxCore: 100, Bonus: 5, MaxBonus: 5}, true, "100 of 100 points, 5 of 5 bonus"},
		{"bonus failed", became(passed, passed, verdict.Failed), results.Score{Core: 100, MaxCore: 100, MaxBonus: 5}, true, "100 of 100 points, 0 of 5 bonus"},
		{"bonus makes up for nothing", became(passed, verdict.Leaked, passed), results.Score{Core: 60, MaxCore: 100, Bonus: 5, MaxBonus: 5}, false, "60 of 100 points, 5 of 5 bonus"},
		{"nothing passed", became(verdict.Raced, verdict.Timeout, verdict.NotRun), results.Score{MaxCore: 100, MaxBonus: 5}, false, "0 of 100 points, 0 of 5 bonus"},
		{"tampered", became(verdict.Tampered, verdict.Panicked, passed), results.Score{MaxCore: 100, Bonus: 5, MaxBonus: 5}, false, "0 of 100 points, 5 of 5 bonus"},
		{"some not judged", became(passed), results.Score{Core: 60, MaxCore: 100, MaxBonus: 5}, false, "60 of 100 points, 0 of 5 bonus"},
	} {
		t.Run(c.what, func(t *testing.T) {
			score := results.ScoreOf(echo, c.checks)
			assert.Equal(t, c.want, score)
			assert.Equal(t, c.complete, score.Complete())
			assert.Equal(t, c.text, score.String())
		})
	}
}

func TestScoreOfALabWithoutBonusDoesNotSpeakOfIt(t *testing.T) {
	l := &lab.Lab{Checks: echo.Checks[:2]}
	assert.Equal(t, "60 of 100 points", results.ScoreOf(l, became(passed, verdict.Failed)).String())
}
