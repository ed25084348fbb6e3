package results

import "fmt"

// A Change is what differs between two gradings of one submission.
type Change struct {
	Student, Lab string
	What         string // old -> new
}

// Diff lists the verdicts of now that are not those of before: what a regrade has changed, for better or
// worse. Messages and times may differ.
func Diff(before, now *Results) []Change {
	type key struct{ student, lab string }
	old := map[key]SubmissionResult{}
	for _, s := range before.Submissions {
		old[key{s.Student, s.Lab}] = s
	}
	var changes []Change
	for _, s := range now.Submissions {
		k := key{s.Student, s.Lab}
		was, ok := old[k]
		delete(old, k)
		change := func(format string, args ...any) {
			changes = append(changes, Change{s.Student, s.Lab, fmt.Sprintf(format, args...)})
		}
		switch {
		case !ok:
			change("was not there -> %s", s.Outcome())
			continue
		case was.Outcome() != s.Outcome():
			change("%s -> %s", was.Outcome(), s.Outcome())
		}
		statuses := map[string]CheckResult{}
		for _, c := range was.Checks {
			statuses[c.ID] = c
		}
		for _, c := range s.Checks {
			if w, ok := statuses[c.ID]; ok && w.Status != c.Status {
				change("%s: %s -> %s", c.ID, w.Status, c.Status)
			}
		}
	}
	for _, s := range before.Submissions {
		if _, gone := old[key{s.Student, s.Lab}]; gone {
			changes = append(changes, Change{s.Student, s.Lab, s.Outcome() + " -> is not there"})
		}
	}
	return changes
}
