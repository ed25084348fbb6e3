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
	labs := r.Labs()
	header := []string{"student"}
	for _, l := range labs {
		header = append(header, "lab "+l, "lab "+l+" bonus")
	}
	rows := [][]string{header}
	students := r.Students()
	for _, name := range r.Class {
		if !slices.ContainsFunc(students, func(s Student) bool { return s.Name == name }) {
			students = append(students, Student{Name: name})
		}
	}
	slices.SortFunc(students, func(a, b Student) int { return strings.Compare(a.Name, b.Name) })
	for _, student := range students {
		row := []string{Cell(student.Name)}
		for _, l := range labs {
			points, bonus := "", ""
			at := slices.IndexFunc(student.Submissions, func(s Submission) bool { return s.Lab == l })
			if at >= 0 && student.Submissions[at].Score != nil {
				points, bonus = strconv.Itoa(*student.Submissions[at].Score), strconv.Itoa(student.Submissions[at].Bonus)
			}
			row = append(row, points, bonus)
		}
		rows = append(rows, row)
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// Cell keeps a spreadsheet from taking a text that a student chose for a formula
// (OWASP, "CSV injection").
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
