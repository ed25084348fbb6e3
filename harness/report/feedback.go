package report

import (
	"fmt"
	"io"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/verdict"
)

// Feedback writes what one student is told, in Markdown: of these submissions and of nobody else's. labs are
// for titles and for what to read; it has those of all submissions. Links to recorded runs are those of a file in the folder feedback.
func Feedback(w io.Writer, labs []*lab.Lab, submissions []results.SubmissionResult) {
	for i, s := range submissions {
		if i > 0 {
			fmt.Fprintln(w)
		}
		title := ""
		for _, l := range labs {
			if l.ID == s.Lab {
				title = ": " + l.Title
			}
		}
		fmt.Fprintf(w, "# Lab %s%s\n\n**%s**\n", s.Lab, title, s.Outcome())
		switch s.Status {
		case results.Infra:
			fmt.Fprintf(w, "\nThis lab could not be graded, for a reason that is not yours. Nothing is lost; it will be graded again.\n")
			continue
		case results.NotCompiled:
			fmt.Fprintf(w, "\nThe files do not compile, so no check could run:\n\n%s", fenced(s.Detail))
			continue
		case results.Rejected:
			fmt.Fprintf(w, "\nThe files hold what a submission must not contain (`docs/rules.md`), so no check was run. Change this, and hand in again:\n\n")
			for _, line := range s.Findings() {
				fmt.Fprintf(w, "- `%s`\n", strings.ReplaceAll(line, "`", "'")) // it is the student's
			}
			continue
		}
		if s.Detail != "" {
			fmt.Fprintf(w, "\nNote: %s.\n", s.Detail)
		}
		fmt.Fprintf(w, "\n| check | result | points |\n| --- | --- | --- |\n")
		for _, c := range s.Checks {
			fmt.Fprintf(w, "| %s%s | %s | %d of %d |\n", c.Title, kind(c), c.Status, c.Points, c.Max)
		}
		for _, c := range s.Checks {
			if c.Status != verdict.Passed {
				fmt.Fprintf(w, "\n## %s%s: %s\n\n%s\n", c.Status, kind(c), c.Title, fenced(c.Told()))
				if c.Page != "" {
					fmt.Fprintf(w, "[See this run step by step](../%s)\n\n", c.Page)
				}
				fmt.Fprintf(w, "Hint: %s\n\nTry it: `go test -race -run '^%s$' ./labs/%s`\n", c.Hint, c.ID, s.Lab)
			}
		}
	}
}

// kind marks what is no part of the core.
func kind(c results.CheckResult) string {
	if c.Bonus {
		return " (bonus)"
	}
	return ""
}

// fenced puts text where Markdown does not look into it, whatever it holds.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}
