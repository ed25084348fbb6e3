package export

import (
	"lockstep/harness/results"
)

// prairielearn is results.json of a PrairieLearn external grader:
// docs/externalGrading.md of github.com/PrairieLearn/PrairieLearn, "Grading results"
type prairielearn struct {
	Gradable     bool               `json:"gradable"`
	Score        *float64           `json:"score,omitempty"` // 0 to 1
	FormatErrors []string           `json:"format_errors,omitempty"`
	Message      string             `json:"message"`
	Output       string             `json:"output"`
	Images       []struct{}         `json:"images"`
	Tests        []prairielearnTest `json:"tests,omitempty"`
}

type prairielearnTest struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Points      int        `json:"points"`
	MaxPoints   int        `json:"max_points"`
	Message     string     `json:"message"`
	Output      string     `json:"output"`
	Images      []struct{} `json:"images"`
}

// PrairieLearn is a submission as results.json of PrairieLearn. What could not be judged, for whichever reason, is not gradable:
// it costs no attempt and brings no score. A bonus check has 0 of 0 points, which PrairieLearn shows as a remark.
func PrairieLearn(s results.SubmissionResult) any {
	p := prairielearn{Message: s.Outcome(), Images: []struct{}{}}
	if s.Status != results.Graded || s.Score == nil || s.Max == 0 {
		p.Message = why(s)
		p.FormatErrors = []string{p.Message}
		return p
	}
	score := min(1, float64(*s.Score)/float64(s.Max))
	p.Gradable, p.Score = true, &score
	for _, c := range s.Checks {
		t := prairielearnTest{Name: title(c), Description: c.ID, Points: c.Points, MaxPoints: c.Max, Message: string(c.Status), Output: explained(c), Images: []struct{}{}}
		if c.Bonus {
			t.Points, t.MaxPoints = 0, 0
		}
		p.Tests = append(p.Tests, t)
	}
	return p
}
