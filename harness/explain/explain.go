// Package explain, of the grader, says what the reports of the race detector mean in the lines of the student who
// has to mend the program.
//
// A report shows two stacks with addresses. What its reader wants to know is which of their own
// lines collide, over what, in which goroutines, and what is missing between them:
//
//	own := func(file string) bool { return filepath.Base(file) == "append.go" }
//	for _, r := range race.Parse(stderr) {
//		fmt.Print(explain.Explainer{Own: own}.Explain(r), "\n", r.Raw)
//	}
//
// prints, before the report itself,
//
//	data race on s.log: one goroutine writes it while another reads it, and nothing makes one happen before the other
//	  append.go:32  reads it   if s.log == nil {  in (*Server).handle
//	  append.go:37  writes it  s.log = log        in (*Server).handle
//	Both goroutines were started at append.go:22, `go s.handle(conn)`: one for each connection, and they run at the same time.
//	append.go:32 decides by s.log, and append.go:37 changes it: in between, another goroutine can come to the same decision.
//	What is missing: a lock around both lines. Give Server a field `mu sync.Mutex`, call s.mu.Lock() before ...
//
// # Limits
//
// A report has lines but no columns, and says nothing of variables. The name of the shared memory
// is what the two lines have in common in the source; where more than one thing could be meant, the
// explanation says so or speaks of "the same memory". Types of imported packages are not looked up.
//
// The detector never shows the frame that calls into sync or sync/atomic. Such a line is searched
// for in the source, and left out if several could be meant.
//
// What is said about locks is what the text of the functions on a stack shows: a Lock that stands
// before the line and is not undone in between. One that is taken on a condition, or by a function
// that has returned, is not seen and not denied.
//
// An [Explainer] is safe for concurrent use: it keeps nothing between calls.
//
// # How it is made
//
// The files of a report are read (source, names, memory, calls), and in them the two places where it happened (site, operand,
// candidate, hidden, start, lock); what these have in common is what the race is about (subject, collision). Of the table in
// diagnosis.go the first row that applies says why, in words from wording, headline, rows and origin.
//
// A new diagnosis begins with an archive of its name in testdata: a line of story, and a program that races, as in the others there, whose
// checks call what is in kit.txtar. Report, diagnosis and explanation come from
//
//	go test ./harness/explain -run Explain/NAME -record
//
// and show what is said of the program so far. Then comes a function in one of the diagnose files, and a row at its place in the table. Where
// the source is not known, a site has no scope and a collision no expr: what asks them finds nothing then. With -update in place of
// -record the report stays, and what is said of it is kept; the other archives show whether the new one speaks where it should not.
package explain

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"lockstep/harness/race"
)

// An Explainer turns reports into sentences.
type Explainer struct {
	Own race.Own // which files are the student's; by nil none is

	// Source returns a file of the student's as it was compiled, by the same name. Nil means
	// os.ReadFile. Without it an explanation has line numbers but no text and no names.
	Source func(file string) ([]byte, error)

	// Files are all that the student has, by those names. A line that calls into package sync is looked for there: its file need
	// not be one that the report names.
	Files []string
}

// Explain says what a report means: a headline, the two lines, where their goroutines come from and
// what is missing. It ends in a newline, and is best followed by the Raw report.
func (e Explainer) Explain(r race.Report) string {
	c := e.collide(r)
	_, diagnosis := c.diagnose()
	var b strings.Builder
	fmt.Fprintln(&b, c.headline())
	rows := []row{c.row(c.first)}
	if r.Before.Goroutine != "" {
		rows = append(rows, c.row(c.second))
	}
	writeRows(&b, rows)
	for _, sentence := range slices.Concat(c.origins(), diagnosis) {
		fmt.Fprintln(&b, sentence)
	}
	return b.String()
}

func (e Explainer) collide(r race.Report) *collision {
	read := e.Source
	if read == nil {
		read = os.ReadFile
	}
	return collide(r, load(r, e.Own, e.Files, read))
}
