package results

import (
	"fmt"
	"strings"
)

// points is the score in words.
func (s SubmissionResult) points() string {
	if s.Score == nil {
		return "no score"
	}
	return fmt.Sprintf("%d of %d", *s.Score, s.Max)
}

// Outcome sums a submission up.
func (s SubmissionResult) Outcome() string {
	text := s.points()
	if s.Bonus > 0 {
		text += fmt.Sprintf(" and %d bonus", s.Bonus)
	}
	if s.Status != Graded {
		text += " (" + string(s.Status) + ")"
	}
	return text
}

// Findings says what a submission was rejected for, a line each.
func (s SubmissionResult) Findings() []string {
	var lines []string
	for _, f := range s.Policy {
		lines = append(lines, strings.Join(strings.Fields(f.String()), " "))
	}
	if s.PolicyMore > 0 {
		lines = append(lines, "and "+thousands(s.PolicyMore)+" more")
	}
	return lines
}
