package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lockstep/harness/results"
)

// Grades writes a table of scores: a row for each student, and for each lab the points and the bonus.
// An empty cell is no submission, or none that has a score.
func Grades(w io.Writer, r *results.Results) error {
	labs := r.Labs()
	header := []string{"student"}
	for _, l := range labs {
		header = append(header, "lab "+l, "lab "+l+" bonus")
	}
	rows := [][]string{header}
	students := r.Students()
	for _, name := range r.Class {
		if !slices.ContainsFunc(students, func(s results.Student) bool { return s.Name == name }) {
			students = append(students, results.Student{Name: name})
		}
	}
	slices.SortFunc(students, func(a, b results.Student) int { return strings.Compare(a.Name, b.Name) })
	for _, student := range students {
		row := []string{Cell(student.Name)}
		for _, l := range labs {
			points, bonus := "", ""
			at := slices.IndexFunc(student.Submissions, func(s results.SubmissionResult) bool { return s.Lab == l })
			if at >= 0 && student.Submissions[at].Score != nil {
				points, bonus = strconv.Itoa(*student.Submissions[at].Score), strconv.Itoa(student.Submissions[at].Bonus)
			}
			row = append(row, points, bonus)
		}
		rows = append(rows, row)
	}
	return WriteCSV(w, rows, ',', false)
}

// Cell keeps a spreadsheet from taking a text that a student chose for a formula, as OWASP's "CSV injection" has it: with a ' in
// front. Two texts that differ still do. Every cell that is written goes through it, but for those of a gradebook that are
// left as they came.
func Cell(text string) string {
	if formula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// formula tells whether a spreadsheet could take a text for one. Some pass over what is in front and does not show, and
// some take the wide signs of East Asian keyboards for the others.
func formula(text string) bool {
	shown := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	_, size := utf8.DecodeRuneInString(shown)
	first := norm.NFKC.String(shown[:size])
	return strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") || strings.HasPrefix(text, "\n") || first != "" && strings.Contains("=+-@\u2212", first)
}

// WriteCSV writes a table with this character between the cells. A cell with a character that another program could take
// for the end of it is quoted: where numbers have a comma in them, spreadsheets expect semicolons, whatever the file has.
func WriteCSV(w io.Writer, rows [][]string, comma rune, crlf bool) error {
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteRune(comma)
			}
			if strings.ContainsAny(cell, ",;\t|\"\r\n") || strings.TrimSpace(cell) != cell || len(row) == 1 {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			if crlf {
				cell = strings.ReplaceAll(cell, "\n", "\r\n") // as it was: package csv reads the one for the other
			}
			b.WriteString(cell)
		}
		if crlf {
			b.WriteByte('\r')
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
