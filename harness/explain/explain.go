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
package explain

import (
	"fmt"
	"go/token"
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
}

// Explain says what a report means: a headline, the two lines, where their goroutines come from and
// what is missing. It ends in a newline, and is best followed by the Raw report.
func (e Explainer) Explain(r race.Report) string {
	read := e.Source
	if read == nil {
		read = os.ReadFile
	}
	c := collide(r, load(r, e.Own, read))
	var b strings.Builder
	fmt.Fprintln(&b, c.headline())
	rows := []row{c.row(c.first)}
	if r.Before.Goroutine != "" {
		rows = append(rows, c.row(c.second))
	}
	writeRows(&b, rows)
	for _, sentence := range slices.Concat(c.origins(), c.missing()) {
		fmt.Fprintln(&b, sentence)
	}
	return b.String()
}

// headline names the memory and what happens to it.
func (c *collision) headline() string {
	const unordered = ", and nothing makes one happen before the other"
	name := c.name()
	if name != "" {
		name = " on " + name
	}
	if c.second.access.Goroutine == "" {
		return "data race" + name + ": the report breaks off before it says what the other goroutine did"
	}
	switch c.kind {
	case closing:
		return "data race" + name + ": one goroutine closes the channel while another sends on it" + unordered
	case waitGroup:
		return "data race" + name + ": one goroutine calls Add on a WaitGroup while another calls Wait" + unordered
	case atomicMix:
		return "data race" + name + ": one goroutine uses sync/atomic, the other does not" + unordered
	}
	both := c.first.access.Write && c.second.access.Write
	switch {
	case name == "" && both:
		return "data race: two goroutines write the same memory" + unordered
	case name == "":
		return "data race: one goroutine writes memory that another reads" + unordered
	case c.kind == byteRange:
		return "data race" + name + ": one goroutine writes them while another reads them" + unordered
	case both:
		return "data race" + name + ": two goroutines write it" + unordered
	}
	return "data race" + name + ": one goroutine writes it while another reads it" + unordered
}

// name is what the race is about in the student's words, empty if that is not known.
func (c *collision) name() string {
	e := c.expr()
	switch {
	case e == nil && len(c.subject.exprs) == 2:
		return code(c.subject.exprs[0]) + " or " + code(c.subject.exprs[1])
	case e == nil:
		return ""
	case c.kind == byteRange:
		return "the bytes that " + code(e) + " and " + code(c.subject.other) + " share"
	case c.kind == mapInside:
		return "the map " + code(mapOf(e))
	case c.kind == library:
		return code(e) + " (a " + unsafeType(c.first) + ")"
	}
	name := code(e)
	if x := elementOf(e); x != nil {
		name = "an element of " + code(x)
	}
	switch {
	case c.subject.other == nil || code(c.subject.other) == code(e) || elementOf(e) != nil:
		return name
	case c.subject.vague:
		return fmt.Sprintf("%s (%s at %s)", name, code(c.subject.other), c.other())
	case c.owner != nil:
		return "the field " + lastWord(e) + " of one " + c.owner.Name()
	}
	return name
}

// other is where the site is whose name for the memory is not the subject's.
func (c *collision) other() string {
	for _, s := range c.sites() {
		if slices.ContainsFunc(c.candidates(s), func(x candidate) bool { return x.expr == c.subject.other }) {
			return c.at(s)
		}
	}
	return "the other line"
}

// at is how sentences refer to a site.
func (c *collision) at(s *site) string {
	if p := c.row(s).position; p != "?" {
		return p
	}
	return "the other line"
}

// A row is a line of the student's in the table under the headline.
type row struct{ position, verb, text, where string }

// row says what an access does, and where.
func (c *collision) row(s *site) row {
	r := row{verb: c.verb(s), text: short(c.text(s.frame))}
	switch {
	case s.known():
		r.position = s.frame.String()
		r.where = "in " + c.functionName(s.frame) + inside(s)
	case len(s.either) > 0:
		r.position = lineList(s.frame, s.either, "or")
	case len(s.access.Stack) == 0:
		r.position, r.where = "?", "the detector has forgotten where"
	case s.hidden != "":
		r.position, r.where = "?", "the detector does not show who calls into package "+s.hidden
	default:
		f := foreign(s.access.Stack)
		r.position, r.where = f.String(), "in "+whose(f)
	}
	return r
}

func (c *collision) verb(s *site) string {
	switch {
	case c.kind == closing && s.through("runtime.closechan"):
		return "closes it"
	case c.kind == closing && s.through("runtime.chansend"):
		return "sends on it"
	case c.kind == waitGroup && s.access.Write:
		return "waits"
	case c.kind == waitGroup:
		return "adds"
	case s.access.Write && s.access.Atomic:
		return "writes it atomically"
	case s.access.Atomic:
		return "reads it atomically"
	case s.access.Write:
		return "writes it"
	}
	return "reads it"
}

// inside says which library function the line was in when it happened.
func inside(s *site) string {
	outer := s.callee()
	if outer.Func == "" || s.hidden != "" || packageOf(outer) == "runtime" {
		return ""
	}
	if typeName(outer) == "" {
		// A function like fmt.Fprintf works on what it was given.
		for _, f := range slices.Backward(s.via) {
			if token.IsExported(typeName(f)) && token.IsExported(lastName(f)) {
				return ", inside " + apiName(f) + ", by way of " + apiName(outer)
			}
		}
	}
	return ", inside " + apiName(outer)
}

func writeRows(b *strings.Builder, rows []row) {
	var widths [3]int
	for _, r := range rows {
		for i, cell := range []string{r.position, r.verb, r.text} {
			widths[i] = max(widths[i], width(cell))
		}
	}
	for _, r := range rows {
		line := " "
		for i, cell := range []string{r.position, r.verb, r.text} {
			if widths[i] > 0 {
				line += " " + cell + strings.Repeat(" ", widths[i]-width(cell)+1)
			}
		}
		fmt.Fprintln(b, strings.TrimRight(line+" "+r.where, " "))
	}
}
