package results

import (
	"fmt"

	"lockstep/harness/lab"
)

// A Score is what became of a lab's checks, added up.
type Score struct {
	Core, MaxCore   int
	Bonus, MaxBonus int
}

// ScoreOf adds up. A check that is not among these has brought nothing.
func ScoreOf(l *lab.Lab, checks []CheckResult) Score {
	var s Score
	s.MaxCore, s.MaxBonus = l.Max()
	for _, c := range checks {
		switch {
		case !c.Passed():
		case c.Bonus:
			s.Bonus += c.Max
		default:
			s.Core += c.Max
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
