package explain

import (
	"fmt"
	"slices"
)

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

// nameOr is the subject as sentences call it.
func (c *collision) nameOr(unknown string) string {
	e := c.expr()
	switch {
	case e == nil:
		return unknown
	case c.kind == mapInside:
		return code(mapOf(e))
	case elementOf(e) != nil:
		return code(elementOf(e))
	}
	return code(e)
}

// codeOr is the subject as it stands in the source.
func (c *collision) codeOr(unknown string) string {
	if e := c.expr(); e != nil {
		return code(e)
	}
	return unknown
}

// other is where the site is whose name for the memory is not the subject's.
func (c *collision) other() string {
	for _, s := range c.sites() {
		if slices.ContainsFunc(s.candidates(), func(x candidate) bool { return x.expr == c.subject.other }) {
			return c.at(s)
		}
	}
	return "the other line"
}
