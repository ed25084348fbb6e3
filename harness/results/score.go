package results

import (
	"fmt"

	"lockstep/harness/judge"
	"lockstep/harness/lab"
)

// A Score is what a lab's verdicts add up to.
type Score struct {
	Core, MaxCore   int
	Bonus, MaxBonus int
}

// ScoreOf adds up.
func ScoreOf(l *lab.Lab, verdicts []judge.Verdict) Score {
	var s Score
	s.MaxCore, s.MaxBonus = l.Max()
	for _, v := range verdicts {
		switch {
		case !v.Passed():
		case v.Check.Bonus:
			s.Bonus += v.Check.Points
		default:
			s.Core += v.Check.Points
		}
	}
	return s
}

// Complete tells whether every core check passed.
func (s Score) Complete() bool { return s.Core == s.MaxCore }

func (s Score) String() string {
	text := fmt.Sprintf("%d of %d points", s.Core, s.MaxCore)
	if s.MaxBonus > 0 {
		text += fmt.Sprintf(", %d of %d bonus", s.Bonus, s.MaxBonus)
	}
	return text
}
