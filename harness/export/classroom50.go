package export

import (
	"time"

	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

// An Origin is where a submission came from, as Classroom 50 tells its autograders in the environment.
type Origin struct {
	Classroom  string
	Assignment string
	Type       string // individual or group
	Owner      string // of the repository
	Submission string // the tag, submit/...
	Commit     string // addresses
	Release    string
	Review     string    // "" means Commit
	Handed     time.Time // when the commit was made
	Graded     time.Time
}

// classroom50 is result.json of a Classroom 50 autograder:
// github.com/foundation50/classroom50/wiki/Advanced-Autograding#the-resultjson-contract, and
// schemas/result-v1.schema.json there. It allows no other field at the top, and others in a test.
type classroom50 struct {
	Schema         string            `json:"schema"`
	Classroom      string            `json:"classroom"`
	Assignment     string            `json:"assignment"`
	AssignmentType string            `json:"assignment_type"`
	Owner          string            `json:"owner"`
	Submission     string            `json:"submission"`
	Commit         string            `json:"commit"`
	Release        string            `json:"release"`
	Review         string            `json:"review"`
	Datetime       string            `json:"datetime"`
	GradedAt       string            `json:"graded_at"`
	Score          int               `json:"score"`
	MaxScore       int               `json:"max-score"`
	Tests          []classroom50Test `json:"tests"`
}

type classroom50Test struct {
	Name     string         `json:"test-name"`
	Passed   bool           `json:"passed"`
	Score    int            `json:"score"`
	MaxScore int            `json:"max-score"`
	Status   verdict.Status `json:"status"`
	Bonus    int            `json:"bonus,omitempty"`
	Output   string         `json:"output,omitempty"`
}

// Classroom50 is a submission as result.json of Classroom 50. A score is the sum of the tests there, so a bonus check
// has no points, and says in a field of its own how many it would have brought. Trouble of our own is 0 of 0 points without
// tests, which is Classroom 50's own way to say that the grading failed.
func Classroom50(s results.SubmissionResult, o Origin) any {
	const utc = "2006-01-02T15:04:05Z"
	if o.Review == "" {
		o.Review = o.Commit
	}
	c50 := classroom50{
		Schema: "classroom50/result/v1", Classroom: o.Classroom, Assignment: o.Assignment, AssignmentType: o.Type, Owner: o.Owner,
		Submission: o.Submission, Commit: o.Commit, Release: o.Release, Review: o.Review,
		Datetime: o.Handed.UTC().Format(utc), GradedAt: o.Graded.UTC().Format(utc), Tests: []classroom50Test{},
	}
	if s.Score == nil {
		return c50
	}
	c50.Score, c50.MaxScore = *s.Score, s.Max
	for i, c := range s.Checks {
		t := classroom50Test{Name: title(c), Passed: c.Status == verdict.Passed, Score: c.Points, MaxScore: c.Max, Status: c.Status, Output: explained(c)}
		if c.Bonus {
			t.Score, t.MaxScore, t.Bonus = 0, 0, c.Points
		}
		if i == 0 && s.Status != results.Graded {
			t.Output = why(s)
		}
		c50.Tests = append(c50.Tests, t)
	}
	return c50
}
