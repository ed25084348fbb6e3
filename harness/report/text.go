// Package report, of the grader, writes results for people and for programs that read them: pages, tables, a text on a terminal. It does
// not know how they came about.
package report

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/visible"
)

// Text is the report that a student reads on a terminal. Set the fields before Write.
type Text struct {
	All   bool // every failure in full, instead of the first one only
	Hints int  // how many hints to give for a failure; at least one
}

var (
	bold  = lipgloss.NewStyle().Bold(true)
	good  = lipgloss.NewStyle().Foreground(lipgloss.Green)
	bad   = lipgloss.NewStyle().Foreground(lipgloss.Red)
	quiet = lipgloss.NewStyle().Faint(true)
)

// Write writes the report of one lab to w, with colours; a w that does not want them takes them out.
func (t Text) Write(w io.Writer, l *lab.Lab, verdicts []judge.Verdict) {
	fmt.Fprintf(w, "%s\n\n", bold.Render(fmt.Sprintf("lab %s  %s", l.ID, l.Title)))
	var failed []judge.Verdict
	for _, v := range verdicts {
		points, style := v.Check.Points, good
		if !v.Passed() {
			points, style = 0, bad
			failed = append(failed, v)
		}
		kind := ""
		if v.Check.Bonus {
			kind = quiet.Render("  bonus")
		}
		fmt.Fprintf(w, "  %s %2d/%-2d  %s%s\n", style.Render(fmt.Sprintf("%-8s", v.Status)), points, v.Check.Points, v.Check.Title, kind)
	}
	fmt.Fprintf(w, "\n%s\n", bold.Render(results.ScoreOf(l, verdicts).String()))
	for i, v := range failed {
		if i > 0 && !t.All {
			fmt.Fprintf(w, "\n%s\n", quiet.Render(fmt.Sprintf("This is the first of %d; --all shows the others as well.", len(failed))))
			break
		}
		t.failure(w, l, v)
	}
}

func (t Text) failure(w io.Writer, l *lab.Lab, v judge.Verdict) {
	fmt.Fprintf(w, "\n%s\n", bold.Render(fmt.Sprintf("%s: %s", v.Status, v.Check.Title)))
	fmt.Fprintf(w, "%s\n\n", quiet.Render(fmt.Sprintf("%s, go test -race -run '^%s$' ./%s", v.Check.Name, v.Check.Name, l.Dir())))
	fmt.Fprintf(w, "%s\n\n", indent(visible.Text(v.Message)))
	fmt.Fprintf(w, "  the same schedule again: go run ./harness check %s --seed %d\n", l.ID, v.Seed)
	hints := v.Check.Hints[:max(1, min(t.Hints, len(v.Check.Hints)))]
	for _, hint := range hints {
		fmt.Fprintf(w, "  hint: %s\n", hint)
	}
	if more := len(v.Check.Hints) - len(hints); more > 0 {
		fmt.Fprintf(w, "  %s\n", quiet.Render(fmt.Sprintf("(%d more: --hints %d)", more, len(v.Check.Hints))))
	}
	if v.Check.Part != "" {
		fmt.Fprintf(w, "  where: TODO(%s) in %s/%s\n", v.Check.Part, l.Dir(), l.Files[0])
	}
	fmt.Fprintf(w, "  read: docs/concepts.md#%s\n", v.Check.Concept)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}
