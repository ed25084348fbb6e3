package export

import (
	"strconv"

	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

// gradescope is results.json of a Gradescope autograder:
// gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
type gradescope struct {
	Score            *int             `json:"score,omitempty"` // instead of the tests' sum, in which the bonus would be
	ExecutionTime    int              `json:"execution_time"`  // seconds
	Output           string           `json:"output"`
	OutputFormat     string           `json:"output_format"`
	TestOutputFormat string           `json:"test_output_format"`
	TestNameFormat   string           `json:"test_name_format"`
	Visibility       string           `json:"visibility"`
	StdoutVisibility string           `json:"stdout_visibility"`
	ExtraData        map[string]any   `json:"extra_data"`
	Tests            []gradescopeTest `json:"tests,omitempty"`
}

type gradescopeTest struct {
	Score        int            `json:"score"`
	MaxScore     int            `json:"max_score"`
	Status       string         `json:"status"`
	Name         string         `json:"name"`
	NameFormat   string         `json:"name_format"`
	Number       string         `json:"number"`
	Output       string         `json:"output"`
	OutputFormat string         `json:"output_format"`
	Tags         []string       `json:"tags"`
	Visibility   string         `json:"visibility"`
	ExtraData    map[string]any `json:"extra_data"`
}

// Gradescope is a submission as results.json of Gradescope. All formats are text: what a student's server has printed is
// never taken for HTML. After trouble of our own there is neither a score nor a test, which Gradescope takes for what it is, an
// autograder that failed.
func Gradescope(s results.SubmissionResult) any {
	g := gradescope{
		Score: s.Score, ExecutionTime: int(s.Seconds), Output: why(s),
		OutputFormat: "text", TestOutputFormat: "text", TestNameFormat: "text", Visibility: "visible", StdoutVisibility: "hidden",
		ExtraData: map[string]any{"schema": results.Schema, "lab": s.Lab, "status": s.Status, "bonus": s.Bonus},
	}
	if s.Status != results.Graded {
		return g
	}
	g.Output = s.Outcome()
	for i, c := range s.Checks {
		t := gradescopeTest{
			Score: c.Points, MaxScore: c.Max, Status: "failed", Name: title(c), NameFormat: "text", Number: strconv.Itoa(i + 1),
			Output: explained(c), OutputFormat: "text", Tags: []string{}, Visibility: "visible",
			ExtraData: map[string]any{"check": c.ID, "status": c.Status, "bonus": c.Bonus},
		}
		if c.Status == verdict.Passed {
			t.Status = "passed"
		}
		if c.Bonus {
			t.Tags = append(t.Tags, "bonus")
		}
		g.Tests = append(g.Tests, t)
	}
	return g
}
