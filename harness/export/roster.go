package export

import (
	"slices"
	"strings"
	"unicode"

	"lockstep/harness/report"
)

// A roster knows which row of a gradebook is about whom. names has, for each row, all that a student may be called by.
type roster struct {
	names [][]string
}

// match finds the row of each student, by the place in students. Whoever fits no row, or more than one, or a row that
// somebody else fits as well, has none, and is told of: a wrong grade is worse than none.
func (r roster) match(students []report.Student, sum *Summary) map[int]int {
	rows := map[int]int{}
	owners := map[int][]string{}
	for i, student := range students {
		var fit []int
		for row, names := range r.names {
			if slices.Contains(names, fold(student.Name)) {
				fit = append(fit, row)
			}
		}
		switch len(fit) {
		case 0:
			sum.leave("%s: nobody in the gradebook is called so", student.Name)
		case 1:
			rows[i] = fit[0]
			owners[fit[0]] = append(owners[fit[0]], student.Name)
		default:
			sum.leave("%s: fits %d rows of the gradebook", student.Name, len(fit))
		}
	}
	for i, student := range students {
		row, ok := rows[i]
		if ok && len(owners[row]) > 1 {
			sum.leave("%s: fits the same row of the gradebook as %s", student.Name, strings.Join(without(owners[row], student.Name), " and "))
			delete(rows, i)
		}
	}
	return rows
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(other string) bool { return other == name })
}

// fold is a name as it is compared: without case, and with single spaces.
func fold(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// called lists a person's names, without those that are empty.
func called(names ...string) []string {
	var all []string
	for _, name := range names {
		if name = fold(name); name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// spellings are the ways to write the name that a gradebook has as "Khan, Amira": so, "Amira Khan", and
// "khanamira", as Canvas calls the files that students have handed in.
func spellings(name string) []string {
	last, first, ok := strings.Cut(name, ",")
	if !ok {
		return []string{name}
	}
	file := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, last+first)
	return []string{name, first + " " + last, file}
}
