package explain

import (
	"fmt"
	"path/filepath"
	"strings"

	"lockstep/harness/race"
)

// A Teller tells the races of one check after another: one missing lock makes many reports, and each pair of lines is explained
// once. The zero value is ready; it is not for concurrent use.
type Teller struct {
	explained map[string]string // pairs of lines, with the check that explained them
}

// Tell explains the first race of a check that no other check has explained, with the detector's report, and
// names the lines of the others. It is "" without a report.
func (t *Teller) Tell(check string, e Explainer, reports []race.Report) string {
	if t.explained == nil {
		t.explained = map[string]string{}
	}
	var full, others string
	for _, r := range reports {
		key := r.Key(e.Own)
		by, known := t.explained[key]
		switch {
		case known && by == check:
		case known:
			others += fmt.Sprintf("\na data race that %s explains (%s)", by, lines(key))
		case full == "":
			t.explained[key] = check
			full = fmt.Sprintf("%s\n\nThe race detector's own report:\n%s\n", strings.TrimSpace(e.Explain(r)), r.Raw)
		default:
			t.explained[key] = check
			others += fmt.Sprintf("\na further data race, maybe for the same reason (%s)", lines(key))
		}
	}
	return full + others
}

// Facts is what has been told without the cure, for somebody who wants to find that without help, and whether there was one.
func Facts(told string) (facts string, cure bool) {
	var b strings.Builder
	for line := range strings.Lines(told) {
		if strings.HasPrefix(line, missing) {
			cure = true
			continue
		}
		b.WriteString(line)
	}
	return b.String(), cure
}

// missing is how a sentence begins that tells the cure.
const missing = "What is missing"

// lines makes a pair of lines short enough to read.
func lines(key string) string {
	var short []string
	for place := range strings.FieldsSeq(key) {
		short = append(short, filepath.Base(place))
	}
	return strings.Join(short, " and ")
}
