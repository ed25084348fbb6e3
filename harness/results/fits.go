package results

import (
	"fmt"
	"regexp"
	"slices"

	"lockstep/harness/lab"
	"lockstep/harness/verdict"
	"lockstep/harness/visible"
)

var labID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`) // it becomes a folder's name

// traceFile is a file in the folder of traces.
var traceFile = regexp.MustCompile(`^traces/[^/\\]+\.json$`)

// fits tells what of these results grade cannot have written.
func (r *Results) fits() error {
	type key struct{ student, lab string }
	seen := map[key]bool{}
	for _, s := range r.Submissions {
		if err := s.fits(); err != nil {
			return fmt.Errorf("%s %s: %w", visible.Line(s.Student), visible.Line(s.Lab), err)
		}
		k := key{s.Student, s.Lab}
		if seen[k] {
			return fmt.Errorf("%s %s is there twice", s.Student, s.Lab)
		}
		seen[k] = true
	}
	return nil
}

// fits tells what in a submission does not fit together: its status, its checks and what they add up to.
func (s SubmissionResult) fits() error {
	if _, ok := visible.Raw(s.Student); !ok || s.Student == "" {
		return fmt.Errorf("%q is no student's name as grade writes it", s.Student)
	}
	if !labID.MatchString(s.Lab) {
		return fmt.Errorf("%q is no lab", s.Lab)
	}
	if !slices.Contains([]SubmissionStatus{Graded, NotCompiled, Rejected, Infra}, s.Status) {
		return fmt.Errorf("there is no status %q", s.Status)
	}
	if (s.Status == Rejected) != (len(s.Policy) > 0) {
		return fmt.Errorf("it is %s, with %d findings", s.Status, len(s.Policy))
	}
	core, most, bonus := 0, 0, 0
	ids := map[string]bool{}
	for _, c := range s.Checks {
		points := 0
		if c.Passed() {
			points = c.Max
		}
		switch {
		case c.ID == "" || ids[c.ID]:
			return fmt.Errorf("the check %q is there twice, or has no name", c.ID)
		case !slices.Contains(verdict.Statuses(), c.Status):
			return fmt.Errorf("%s: there is no status %q", c.ID, c.Status)
		case c.Trace != "" && !traceFile.MatchString(c.Trace):
			return fmt.Errorf("%s: %q is no file of a trace", c.ID, c.Trace)
		case c.Max < 0 || c.Points != points:
			return fmt.Errorf("%s: %d of %d points, for a check that is %s", c.ID, c.Points, c.Max, c.Status)
		case s.Status != Graded && c.Status != verdict.NotRun:
			return fmt.Errorf("%s: it is %s, and the submission %s", c.ID, c.Status, s.Status)
		case c.Bonus:
			bonus += points
		default:
			core, most = core+points, most+c.Max
		}
		ids[c.ID] = true
	}
	switch {
	case s.Status == Infra && s.Score != nil:
		return fmt.Errorf("it is %s, and has a score", s.Status)
	case s.Status != Infra && s.Score == nil:
		return fmt.Errorf("it is %s, and has no score", s.Status)
	case s.Score != nil && *s.Score != core, s.Max != most, s.Bonus != bonus:
		return fmt.Errorf("it says %s, and its checks add up to %d of %d and %d bonus", s.Outcome(), core, most, bonus)
	}
	return nil
}

// Fits tells why this cannot be what a lab's checks came to, which may be another version of the lab: nil if it can.
func (s SubmissionResult) Fits(l *lab.Lab) error {
	if err := s.fits(); err != nil {
		return err
	}
	if s.Lab != l.ID {
		return fmt.Errorf("it is of lab %s", s.Lab)
	}
	if len(s.Checks) != len(l.Checks) {
		return fmt.Errorf("it has %d checks, and lab %s has %d", len(s.Checks), l.ID, len(l.Checks))
	}
	for i, c := range l.Checks {
		got := s.Checks[i]
		if got.ID != c.Name || got.Max != c.Points || got.Bonus != c.Bonus {
			return fmt.Errorf("its check %s, of %d points, is %s, of %d points, in lab %s", got.ID, got.Max, c.Name, c.Points, l.ID)
		}
	}
	return nil
}
