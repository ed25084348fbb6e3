package gate

import (
	"slices"

	"lockstep/harness/lab"
)

// Allowed returns the packages that a submission to l may import, in order.
func Allowed(l *lab.Lab) []string {
	var all []string
	for path, a := range table {
		if a.everywhere || slices.Contains(l.Imports, path) {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	return all
}
