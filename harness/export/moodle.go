package export

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/roster"
)

// Moodle fills in the grading worksheet of one assignment, for uploading it there again. What Moodle
// makes of the file is in mod/assign/feedback/offline/importgradeslib.php of github.com/moodle/moodle.
//
// Grade gets the score, scaled to the Maximum Grade, and Feedback comments what the student is told, as HTML. A student is who
// has that full name, email address, ID number, username or participant's number. Every other cell stays as it was, and so do
// grades that Moodle says cannot be changed.
func Moodle(w io.Writer, worksheet io.Reader, r *results.Results, l *lab.Lab) (*Summary, error) {
	s, err := readSheet(worksheet)
	if err != nil {
		return nil, fmt.Errorf("the worksheet: %w", err)
	}
	id, points, comments := s.column("Identifier"), s.column("Grade"), s.column("Feedback comments")
	if id < 0 || points < 0 || s.column("Last modified (grade)") < 0 {
		return nil, errors.New("the worksheet has no columns Identifier, Grade and Last modified (grade); set Moodle to English and download the grading worksheet")
	}
	sum := &Summary{}
	if comments < 0 {
		sum.leave("feedback: the worksheet has no column Feedback comments; turn feedback comments on in the assignment")
	}
	var people roster.Index
	for i := 1; i < len(s.rows); i++ {
		participant := s.at(i, id)
		number := participant[strings.LastIndex(participant, " ")+1:]
		people.Add(i, s.at(i, s.column("Full name")), participant, number, s.at(i, s.column("Email address")), s.at(i, s.column("ID number")), s.at(i, s.column("Username")))
	}
	var students []results.Student // who handed in this lab, each with it alone
	for _, student := range r.Students() {
		for _, sub := range student.Submissions {
			if sub.Lab == l.ID {
				student.Submissions = []results.SubmissionResult{sub}
				students = append(students, student)
				break
			}
		}
	}
	rows := match(&people, students, sum)
	changeable := s.column("Grade can be changed")
	for i, student := range students {
		row, ok := rows[i]
		sub := student.Submissions[0]
		switch {
		case !ok:
			continue
		case sub.Score == nil:
			sum.leave("%s %s: %s", student.Name, sub.Lab, sub.Outcome())
			continue
		case changeable >= 0 && s.at(row, changeable) != "Yes":
			sum.leave("%s %s: Moodle says that the grade cannot be changed", student.Name, sub.Lab)
			continue
		}
		s.set(row, points, grade(sub, s.at(row, s.column("Maximum Grade"))))
		sum.Filled++
		if comments >= 0 {
			var b strings.Builder
			if err := report.FeedbackHTML(&b, []*lab.Lab{l}, student.Submissions); err != nil {
				return nil, err
			}
			s.set(row, comments, b.String())
		}
	}
	return sum, s.write(w)
}
