package results_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

func TestScoreAddsUpWhatPassed(t *testing.T) {
	for _, c := range []struct {
		what     string
		verdicts []judge.Verdict
		want     results.Score
		complete bool
		text     string
	}{
		{"all passed", verdicts(passed, passed, passed), results.Score{Core: 100, MaxCore: 100, Bonus: 5, MaxBonus: 5}, true, "100 of 100 points, 5 of 5 bonus"},
		{"bonus failed", verdicts(passed, passed, verdict.Failed), results.Score{Core: 100, MaxCore: 100, MaxBonus: 5}, true, "100 of 100 points, 0 of 5 bonus"},
		{"bonus makes up for nothing", verdicts(passed, verdict.Leaked, passed), results.Score{Core: 60, MaxCore: 100, Bonus: 5, MaxBonus: 5}, false, "60 of 100 points, 5 of 5 bonus"},
		{"nothing passed", verdicts(verdict.Raced, verdict.Timeout, verdict.NotRun), results.Score{MaxCore: 100, MaxBonus: 5}, false, "0 of 100 points, 0 of 5 bonus"},
		{"tampered", verdicts(verdict.Tampered, verdict.Panicked, passed), results.Score{MaxCore: 100, Bonus: 5, MaxBonus: 5}, false, "0 of 100 points, 5 of 5 bonus"},
		{"some not judged", verdicts(passed), results.Score{Core: 60, MaxCore: 100, MaxBonus: 5}, false, "60 of 100 points, 0 of 5 bonus"},
	} {
		t.Run(c.what, func(t *testing.T) {
			score := results.ScoreOf(echo, c.verdicts)
			assert.Equal(t, c.want, score)
			assert.Equal(t, c.complete, score.Complete())
			assert.Equal(t, c.text, score.String())
		})
	}
}

func TestScoreOfALabWithoutBonusDoesNotSpeakOfIt(t *testing.T) {
	l := &lab.Lab{Checks: echo.Checks[:2]}
	assert.Equal(t, "60 of 100 points", results.ScoreOf(l, verdicts(passed, verdict.Failed)).String())
}
