// Package results, of the grader, is the model of a class's results: what became of each submission and of each of its checks. It is
// what results.json holds, and what every report, export and comparison is made from. It does not know how results come about.
//
//	before, err := results.Read("results.json")
//	changes := results.Diff(before, now)
//
// What a student has handed in is bounded here, and made so that it shows, whatever it was: who writes a report has nothing to fear from
// it but what the report's own format takes for a sign. What is read from a file is believed only if grade can have written it.
package results

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"lockstep/harness/gate"
	"lockstep/harness/lab"
	"lockstep/harness/verdict"
)

// Schema names the form of results.json.
const Schema = "lockstep/grade/v1"

// Results are results.json: what became of a class.
type Results struct {
	Schema      string             `json:"schema"`
	Go          string             `json:"go"` // the version that built the submissions
	Seconds     float64            `json:"seconds"`
	Shard       string             `json:"shard,omitempty"` // such as 2/3, when these are the results of a part of the class
	Sandbox     *Confinement       `json:"sandbox,omitempty"`
	Unsteered   string             `json:"unsteered,omitempty"` // why no schedules were searched, if none were (package steer)
	Submissions []SubmissionResult `json:"submissions"`         // in order of student and lab

	Class []string `json:"-"` // who gets a row in grades.csv without a submission, too
}

// A Confinement is what the students' code was confined by while it was graded.
type Confinement struct {
	Name         string        `json:"name"` // "none" if it was not
	Restrictions []Restriction `json:"limits"`
}

// A Restriction is one thing that the code was kept from, or was not.
type Restriction struct {
	Name   string `json:"name"`
	How    string `json:"how"`
	Active bool   `json:"active"`
}

// A SubmissionStatus says in a word what became of a submission.
type SubmissionStatus string

const (
	Graded      SubmissionStatus = "graded"
	NotCompiled SubmissionStatus = "not_compiled"
	Rejected    SubmissionStatus = "rejected" // by the gate; see Policy
	Infra       SubmissionStatus = "infra"    // trouble of our own: there is no score
)

// A SubmissionResult is what one student's answer to one lab came to. [Judged], [Unjudged] and [Refused] make one, and [Read] reads one, so
// that it is bounded, whatever was handed in, and that every text in it shows: reports write them as they are.
type SubmissionResult struct {
	Student string           `json:"student"` // as [visible.Name] writes it
	Lab     string           `json:"lab"`
	Status  SubmissionStatus `json:"status"`
	Score   *int             `json:"score,omitempty"` // of the core checks; none for Infra
	Max     int              `json:"max"`
	Bonus   int              `json:"bonus"` // apart from the score
	Seconds float64          `json:"seconds"`
	Detail  string           `json:"detail,omitempty"` // what the compiler said, or what went wrong, or what the checks could not see
	Policy  []gate.Finding   `json:"policy"`
	Checks  []CheckResult    `json:"checks"`

	PolicyMore int `json:"policy_more,omitempty"` // findings besides those in Policy
}

// A CheckResult is what became of one check. [Of] makes one.
type CheckResult struct {
	ID      string         `json:"id"`
	Title   string         `json:"title"`
	Status  verdict.Status `json:"status"`
	Points  int            `json:"points"`
	Max     int            `json:"max"`
	Bonus   bool           `json:"bonus,omitempty"`
	Message string         `json:"message"`
	Hint    string         `json:"hint"`

	Schedules *Schedules `json:"schedules,omitempty"` // nil if none decided
	Trace     string     `json:"trace,omitempty"`     // of the run in which it failed: a file, relative to the results (package trace)
	Lanes     string     `json:"lanes,omitempty"`     // that run's few steps that matter, as a terminal shows them
	Page      string     `json:"-"`                   // where a browser shows that run, as a link beside the results; "" if nowhere
}

// Schedules says under which schedules a check was run. A switch is where another goroutine runs although the one before could go on.
type Schedules struct {
	Tried    int  `json:"tried"`
	Switches int  `json:"switches"` // all with at most so many are among them
	Complete bool `json:"complete"` // Switches is as many as were meant to be complete: one

	Stories bool `json:"stories,omitempty"` // each of them was that of another story
	Small   bool `json:"small,omitempty"`   // these were of the check's small form, which has fewer clients
}

// String is what is known of a check that passed under all of them.
func (s Schedules) String() string {
	switch {
	case s.Complete && s.Small:
		return fmt.Sprintf("with few clients no schedule with at most one switch fails, nor any other of the %d that were tried in all", s.Tried)
	case s.Complete:
		return fmt.Sprintf("no schedule with at most one switch fails, nor any other of the %d that were tried", s.Tried)
	case s.Stories:
		return fmt.Sprintf("%d stories were played, each under a schedule of its own, and none fails", s.Tried)
	case s.Tried == 1:
		return "it was run under one schedule"
	}
	return fmt.Sprintf("%d schedules were tried, and none fails", s.Tried)
}

// New returns the results of these submissions, in order.
func New(submissions []SubmissionResult, seconds float64) *Results {
	for i, s := range submissions {
		submissions[i] = s.bounded()
	}
	slices.SortFunc(submissions, func(a, b SubmissionResult) int {
		return cmp.Or(strings.Compare(a.Student, b.Student), strings.Compare(a.Lab, b.Lab))
	})
	return &Results{Schema: Schema, Go: runtime.Version(), Seconds: seconds, Submissions: submissions}
}

// Of is what became of a check: this status, and what there is to say of it.
func Of(c lab.Check, status verdict.Status, message string, explored verdict.Explored) CheckResult {
	r := CheckResult{ID: c.Name, Title: c.Title, Status: status, Max: c.Points, Bonus: c.Bonus, Message: message}
	if explored.Tried > 0 {
		r.Schedules = &Schedules{Tried: explored.Tried, Complete: explored.Complete, Small: c.Small, Stories: c.Stories > 0}
		if explored.Complete {
			r.Schedules.Switches = 1
		}
	}
	if r.Passed() {
		r.Points = r.Max
	} else {
		first, _ := status.Advice(message)
		r.Hint = cmp.Or(first, c.Hints[0])
	}
	return r
}

// Told is all that a student is told of a check that failed, but for hints.
func (c CheckResult) Told() string {
	if c.Lanes == "" {
		return c.Message
	}
	return strings.TrimRight(c.Message, "\n") + "\n\nStep by step, each goroutine in a column of its own:\n" + c.Lanes
}

// Passed tells whether the check earns its points.
func (c CheckResult) Passed() bool { return c.Status == verdict.Passed }

// Judged is a submission whose checks came to this.
func Judged(student string, l *lab.Lab, checks []CheckResult) SubmissionResult {
	score := ScoreOf(l, checks)
	s := SubmissionResult{Student: student, Lab: l.ID, Status: Graded, Score: &score.Core, Max: score.MaxCore, Bonus: score.Bonus, Policy: []gate.Finding{}}
	s.Checks = append([]CheckResult{}, checks...)
	return s.bounded()
}

// Unjudged is a submission that no check was run on, and why.
func Unjudged(student string, l *lab.Lab, status SubmissionStatus, detail string) SubmissionResult {
	var checks []CheckResult
	for _, c := range l.Checks {
		checks = append(checks, Of(c, verdict.NotRun, "", verdict.Explored{}))
	}
	s := Judged(student, l, checks)
	s.Status, s.Detail = status, detail
	if status == Infra {
		s.Score = nil
	}
	return s.bounded()
}

// Refused is a submission that the gate rejected for these findings, of which there is at least one, and for so many more.
func Refused(student string, l *lab.Lab, findings []gate.Finding, more int) SubmissionResult {
	s := Unjudged(student, l, Rejected, findings[0].String())
	s.Policy, s.PolicyMore = findings, more
	return s.bounded()
}

// KeepScores returns the results of a new grading, with the old one's wherever the new one has run into trouble of
// our own: that never replaces a verdict.
func KeepScores(before *Results, now []SubmissionResult) []SubmissionResult {
	if before == nil {
		return now
	}
	now = slices.Clone(now)
	for i, s := range now {
		if s.Status != Infra {
			continue
		}
		same := func(old SubmissionResult) bool {
			return old.Student == s.Student && old.Lab == s.Lab && old.Status != Infra
		}
		if at := slices.IndexFunc(before.Submissions, same); at >= 0 {
			now[i] = before.Submissions[at]
		}
	}
	return now
}
