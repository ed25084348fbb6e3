package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Grades writes a table of scores: a row for each student, and for each lab the points and the bonus.
// An empty cell is no submission, or none that has a score.
func Grades(w io.Writer, r *Results) error {
	var labs, students []string
	for _, s := range r.Submissions {
		labs = append(labs, s.Lab)
		students = append(students, s.Student)
	}
	slices.Sort(labs)
	labs = slices.Compact(labs)
	students = append(students, r.Class...)
	slices.Sort(students)
	students = slices.Compact(students)
	header := []string{"student"}
	for _, l := range labs {
		header = append(header, "lab "+l, "lab "+l+" bonus")
	}
	rows := [][]string{header}
	for _, student := range students {
		row := []string{cell(student)}
		for _, l := range labs {
			points, bonus := "", ""
			at := slices.IndexFunc(r.Submissions, func(s Submission) bool { return s.Student == student && s.Lab == l })
			if at >= 0 && r.Submissions[at].Score != nil {
				points, bonus = strconv.Itoa(*r.Submissions[at].Score), strconv.Itoa(r.Submissions[at].Bonus)
			}
			row = append(row, points, bonus)
		}
		rows = append(rows, row)
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// cell keeps a spreadsheet from taking a name that a student chose for a formula
// (OWASP, "CSV injection").
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
