// Package race, of the grader, reads the reports of Go's race detector: out of a text, out of a stream while it
// comes, or out of the file that a process has left.
//
//	for _, r := range race.Parse(stderr) {
//		fmt.Println(r.Key(own), r.Now.Goroutine, r.Before.Goroutine)
//	}
//
// The program under test writes to the same stream and can write the detector's words too: a report is what looks
// like one, and who needs to know more counts them and sees how the process ended. What a report means in the
// lines of the student is said by package explain.
package race

import (
	"slices"
	"strconv"
	"strings"

	"lockstep/harness/stacks"
)

// An Access is one of the two uses of the memory that a report is about.
type Access struct {
	Write     bool
	Atomic    bool           // made by sync/atomic
	Goroutine string         // "goroutine 12" or "main goroutine"; empty if the report breaks off before
	Stack     []stacks.Frame // innermost first; empty if the detector failed to restore it
	Created   []stacks.Frame // where the goroutine was started, innermost first; empty for main
	Finished  bool           // the goroutine had ended when the race was found
}

// A Report is one data race: two accesses to the same memory, at least one of them a write, that no
// happens-before edge orders. That Before came first is how it went this time, and means nothing.
type Report struct {
	Now    Access // the one that the detector caught
	Before Access // the one that it remembered
	Raw    string // the report as it was printed, from line to line of =
}

// Key is the same for all reports about the same two lines of the student's files, whichever came first.
// One mistake often gives several reports, for instance one for the inside of a map and one for the value in it.
func (r Report) Key(own Own) string {
	ends := []string{r.Now.place(own), r.Before.place(own)}
	slices.Sort(ends)
	return strings.Join(ends, " ")
}

// place names the line that a student would look at for this access.
func (a Access) place(own Own) string {
	for _, stack := range [][]stacks.Frame{a.Stack, a.Created} {
		if i := own.Innermost(stack); i >= 0 {
			return stack[i].File + ":" + strconv.Itoa(stack[i].Line)
		}
	}
	if len(a.Stack) > 0 {
		return a.Stack[0].File + ":" + strconv.Itoa(a.Stack[0].Line)
	}
	return "?"
}
