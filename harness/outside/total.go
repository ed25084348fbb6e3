package outside

// A Total is what was found of the bugs of one class, or of the corrected forms.
type Total struct {
	Class              string
	Bugs               int
	Always, Some, None int            // so many were found in all plain runs, in some, in none
	Plain              int            // plain runs that found something
	Graded             map[string]int // how many were found in which way; "" counts those that were not
	Tried              int            // schedules
}

// Corrected is the class of corrected forms in a [Total].
const Corrected = "corrected forms"

// Totals sums up results by class, in the order in which the classes come; those of corrected forms come last.
func Totals(all []Result, runs int) []Total {
	var totals []Total
	add := func(class string, r Result) {
		i := 0
		for i < len(totals) && totals[i].Class != class {
			i++
		}
		if i == len(totals) {
			totals = append(totals, Total{Class: class, Graded: map[string]int{}})
		}
		t := &totals[i]
		t.Bugs++
		switch r.Plain {
		case runs:
			t.Always++
		case 0:
			t.None++
		default:
			t.Some++
		}
		t.Plain += r.Plain
		t.Graded[r.How]++
		t.Tried += r.Tried
	}
	for _, r := range all {
		if !r.Right {
			add(r.Class, r)
		}
	}
	for _, r := range all {
		if r.Right {
			add(Corrected, r)
		}
	}
	return totals
}
