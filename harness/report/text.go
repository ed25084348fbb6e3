// Package report, of the grader, writes results for people and for programs that read them: pages, tables, a text on a terminal. It does
// not know how they came about.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"lockstep/harness/explain"
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/visible"
)

// Text is the report that a student reads on a terminal. Set the fields before Write.
type Text struct {
	All   bool              // every failure in full, instead of the first one only
	Hints int               // how many hints to give for a failure; at least one
	Seeds map[string]uint64 // of the schedules under which the checks ran, by their names
}

var (
	bold  = lipgloss.NewStyle().Bold(true)
	good  = lipgloss.NewStyle().Foreground(lipgloss.Green)
	bad   = lipgloss.NewStyle().Foreground(lipgloss.Red)
	quiet = lipgloss.NewStyle().Faint(true)
)

// Write writes what became of checks of l to w, with colours; a w that does not want them takes them out.
func (t Text) Write(w io.Writer, l *lab.Lab, checks []results.CheckResult) {
	fmt.Fprintf(w, "%s\n\n", bold.Render(fmt.Sprintf("lab %s  %s", l.ID, l.Title)))
	var failed []results.CheckResult
	for _, c := range checks {
		style := good
		if !c.Passed() {
			style = bad
			failed = append(failed, c)
		}
		kind := ""
		if c.Bonus {
			kind = quiet.Render("  bonus")
		}
		fmt.Fprintf(w, "  %s %2d/%-2d  %s%s\n", style.Render(fmt.Sprintf("%-8s", c.Status)), c.Points, c.Max, c.Title, kind)
		if check, _ := l.Check(c.ID); c.Passed() && c.Schedules != nil && check.Singles > 0 { // of others they are few
			fmt.Fprintf(w, "                 %s\n", quiet.Render(c.Schedules.String()))
		}
	}
	fmt.Fprintf(w, "\n%s\n", bold.Render(results.ScoreOf(l, checks).String()))
	for i, c := range failed {
		if i > 0 && !t.All {
			fmt.Fprintf(w, "\n%s\n", quiet.Render(fmt.Sprintf("This is the first of %d; --all shows the others as well.", len(failed))))
			break
		}
		t.failure(w, l, c)
	}
}

func (t Text) failure(w io.Writer, l *lab.Lab, failed results.CheckResult) {
	check, _ := l.Check(failed.ID)
	fmt.Fprintf(w, "\n%s\n", bold.Render(fmt.Sprintf("%s%s: %s", failed.Status, kind(failed), check.Title)))
	fmt.Fprintf(w, "%s\n\n", quiet.Render(fmt.Sprintf("%s, go test -race -run '^%s$' ./%s", check.Name, check.Name, l.Dir())))
	told, cure := failed.Told(), false
	if t.Hints < 2 {
		told, cure = explain.Facts(told)
	}
	fmt.Fprintf(w, "%s\n\n", indent(visible.Text(told)))
	switch seed := t.Seeds[check.Name]; {
	case failed.Trace != "":
		fmt.Fprintf(w, "  all of its steps: go run ./harness show %s\n", failed.Trace)
		fmt.Fprintf(w, "  in the browser: go run ./harness show %s --web\n", failed.Trace)
		fmt.Fprintf(w, "  the same run again: go run ./harness replay %s\n", failed.Trace)
	case seed != 0:
		fmt.Fprintf(w, "  the same seed again: go run ./harness check %s --seed %d\n", l.ID, seed)
	default:
		fmt.Fprintf(w, "  the same again: go run ./harness check %s\n", l.ID)
	}
	hints, concept := check.Hints, check.Concept
	if first, about := failed.Status.Advice(failed.Message); first != "" {
		hints, concept = slices.Insert(slices.Clone(hints), 0, first), about
	}
	given := hints[:max(1, min(t.Hints, len(hints)))]
	for _, hint := range given {
		fmt.Fprintf(w, "  hint: %s\n", hint)
	}
	if cure {
		fmt.Fprintf(w, "  %s\n", quiet.Render("(what is missing at these lines: --hints 2)"))
	}
	if more := len(hints) - len(given); more > 0 {
		fmt.Fprintf(w, "  %s\n", quiet.Render(fmt.Sprintf("(%d more: --hints %d)", more, len(hints))))
	}
	if check.Part != "" {
		fmt.Fprintf(w, "  where: TODO(%s) in %s/%s\n", check.Part, l.Dir(), l.Files[0])
	}
	fmt.Fprintf(w, "  read: docs/concepts.md#%s\n", concept)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}
