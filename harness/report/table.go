package report

import (
	"fmt"
	"io"
	"strings"

	"lockstep/harness/results"
)

// widest is a name for which the others are moved aside.
const widest = 40

// Table writes a line for each submission.
func Table(w io.Writer, r *results.Results) {
	width := 0
	for _, s := range r.Submissions {
		width = min(max(width, len([]rune(s.Student))), widest)
	}
	for _, s := range r.Submissions {
		style := good
		if s.Score == nil || *s.Score < s.Max {
			style = bad
		}
		pad := strings.Repeat(" ", max(0, width-len([]rune(s.Student))))
		fmt.Fprintf(w, "%s%s  %s  %s\n", s.Student, pad, s.Lab, style.Render(s.Outcome()))
	}
}
