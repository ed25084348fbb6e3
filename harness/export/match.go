package export

import (
	"slices"
	"strings"

	"lockstep/harness/results"
	"lockstep/harness/roster"
)

// match finds the row of each student, by the place in students. Whoever fits no row, or more than one, or a row that
// somebody else fits as well, has none, and is told of: a wrong grade is worse than none.
func match(rowsOf *roster.Index, students []results.Student, sum *Summary) map[int]int {
	rows := map[int]int{}
	owners := map[int][]string{}
	for i, student := range students {
		fit := rowsOf.Find(student.Name)
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
