package export

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"lockstep/harness/results"
	"lockstep/harness/roster"
)

// Canvas fills in a gradebook that was exported from Canvas, for importing it there again. What Canvas
// makes of the file is in lib/gradebook_importer.rb of github.com/instructure/canvas-lms.
//
// columns names the column of a lab, such as "Lab 4 (12345)"; a lab that is not in it has the column with "lab 04" or
// "lab 4" in its name. A score is scaled to the points that Canvas gives for the assignment. A student is who has that SIS
// Login ID, SIS User ID, ID or name. Every other cell stays as it was; columns that are read only, and excused students (EX), too.
func Canvas(w io.Writer, gradebook io.Reader, r *results.Results, columns map[string]string) (*Summary, error) {
	s, err := readSheet(gradebook)
	if err != nil {
		return nil, fmt.Errorf("the gradebook: %w", err)
	}
	id := s.column("ID")
	if id < 0 || s.column("Student") < 0 && s.column("LastName") < 0 {
		return nil, errors.New("the gradebook has no columns Student and ID; export it from Canvas: Grades, Export")
	}
	possible := slices.IndexFunc(s.rows, func(row []string) bool { return strings.Contains(row[0], "Points Possible") })
	if possible < 0 {
		return nil, errors.New("the gradebook has no row Points Possible; export it from Canvas: Grades, Export")
	}
	sum := &Summary{}
	where, err := canvasColumns(s, possible, r, columns, sum)
	if err != nil {
		return nil, err
	}

	var people roster.Index
	for i := possible + 1; i < len(s.rows); i++ {
		name := s.at(i, s.column("Student"))
		if s.column("Student") < 0 {
			name = s.at(i, s.column("LastName")) + ", " + s.at(i, s.column("FirstName"))
		}
		people.Add(i, name, s.at(i, s.column("SIS Login ID")), s.at(i, s.column("SIS User ID")), s.at(i, id))
	}
	students := r.Students()
	rows := match(&people, students, sum)
	for i, student := range students {
		row, ok := rows[i]
		if !ok {
			continue
		}
		for _, sub := range student.Submissions {
			column, ok := where[sub.Lab]
			switch {
			case !ok: // said already, of the whole lab
			case sub.Score == nil:
				sum.leave("%s %s: %s", student.Name, sub.Lab, sub.Outcome())
			case strings.EqualFold(strings.TrimSpace(s.at(row, column)), "EX"):
				sum.leave("%s %s: excused", student.Name, sub.Lab)
			default:
				s.set(row, column, grade(sub, s.at(possible, column)))
				sum.Filled++
			}
		}
	}
	return sum, s.write(w)
}

var assignment = regexp.MustCompile(`\(\d+\)$`) // Canvas puts its number behind an assignment's name

// canvasColumns finds the column of each lab.
func canvasColumns(s *sheet, possible int, r *results.Results, columns map[string]string, sum *Summary) (map[string]int, error) {
	readOnly := func(column int) bool { return strings.Contains(s.at(possible, column), "read only") }
	where := map[string]int{}
	for _, lab := range r.Labs() {
		if name, ok := columns[lab]; ok {
			column := s.column(strings.TrimSpace(name))
			switch {
			case column < 0:
				return nil, fmt.Errorf("the gradebook has no column %q for lab %s; it has: %s", name, lab, strings.Join(s.rows[0], ", "))
			case readOnly(column) || !assignment.MatchString(s.rows[0][column]):
				return nil, fmt.Errorf("the column %q is not one that grades can be put into", name)
			}
			where[lab] = column
			continue
		}
		number := regexp.MustCompile(`(?i)\blab\s*0*` + regexp.QuoteMeta(strings.TrimLeft(lab, "0")) + `\b`)
		var fit []int
		for i, name := range s.rows[0] {
			if number.MatchString(name) && assignment.MatchString(name) && !readOnly(i) {
				fit = append(fit, i)
			}
		}
		if len(fit) != 1 {
			sum.leave("lab %s: %d columns have it in their name; say --column %s=NAME", lab, len(fit), lab)
			continue
		}
		where[lab] = fit[0]
	}
	taken := map[int]string{}
	for _, lab := range slices.Sorted(maps.Keys(where)) {
		if other, ok := taken[where[lab]]; ok {
			return nil, fmt.Errorf("labs %s and %s have the same column %q; say --column %s=NAME", other, lab, s.rows[0][where[lab]], lab)
		}
		taken[where[lab]] = lab
	}
	return where, nil
}
