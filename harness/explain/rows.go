package explain

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// A row is a line of the student's in the table under the headline.
type row struct{ position, verb, text, where string }

// row says what an access does, and where.
func (c *collision) row(s *site) row {
	r := row{verb: c.verb(s), text: short(c.src.text(s.frame))}
	switch {
	case s.known():
		r.position = s.frame.String()
		r.where = "in " + c.src.functionName(s.frame) + inside(s)
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

// at is how sentences refer to a site.
func (c *collision) at(s *site) string {
	if p := c.row(s).position; p != "?" {
		return p
	}
	return "the other line"
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
