package gate

import (
	"slices"

	"lockstep/harness/lab"
)

// Allowed returns the packages that a submission to l may import.
func Allowed(l *lab.Lab) []string { return slices.Concat(base, l.Imports) }
