package explain

import "fmt"

// sharedBytes is for two slices of the same bytes.
func sharedBytes(c *collision) []string {
	if c.kind != byteRange {
		return nil
	}
	filled, used := c.expr(), c.subject.other
	at, other := c.first, c.second
	if !at.access.Write {
		filled, used, at, other = used, filled, other, at
	}
	return []string{
		fmt.Sprintf("A slice is a view: handing it on, or sending it over a channel, does not copy the bytes. %s overwrites %s while %s still uses the same bytes as %s.",
			c.at(at), code(filled), c.at(other), code(used)),
		fmt.Sprintf("What is missing: a copy for the other goroutine. Hand on bytes.Clone(%s[:n]), or make a new buffer for every read.", code(filled)),
	}
}

// oneBuffer is for a slice of bytes that several goroutines fill or read.
func oneBuffer(c *collision) []string {
	if c.kind != memory || !c.src.isBytes(c.expr()) {
		return nil
	}
	said := fmt.Sprintf("What is missing: a buffer for each goroutine, made in the function that fills it. If there is to be only one %s, a lock from the line that fills it to the last line that uses its bytes.", c.nameOr(""))
	return append([]string{said}, c.otherUses()...)
}
