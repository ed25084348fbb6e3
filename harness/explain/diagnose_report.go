package explain

import "fmt"

// brokenOff is for a report with one access only. The headline has said so.
func brokenOff(c *collision) []string {
	if c.second.access.Goroutine != "" {
		return nil
	}
	return []string{}
}

// forgotten is for a report with one stack only.
func forgotten(c *collision) []string {
	if len(c.first.access.Stack) > 0 && len(c.second.access.Stack) > 0 {
		return nil
	}
	said := "The detector remembers only the latest things that each goroutine did, and has forgotten where the other use was (GORACE=history_size=7 makes it remember more)."
	return append([]string{said}, c.otherUses()...)
}

// foreignOnly is for two stacks without a line of the student's.
func foreignOnly(c *collision) []string {
	if !c.first.isForeign() || !c.second.isForeign() {
		return nil
	}
	return []string{"No line of yours is in these two stacks: either your code gave the same thing to both, or the fault is not yours. Show the report to your instructor."}
}

// handedOut is for a line of the student's against one of the test or the harness.
func handedOut(c *collision) []string {
	mine, theirs := c.first, c.second
	if mine.isForeign() {
		mine, theirs = theirs, mine
	}
	if !theirs.isForeign() {
		return nil
	}
	said := fmt.Sprintf("%s is not your code: it uses something that your code handed out, or was given, while %s still uses it too.",
		c.at(theirs), c.at(mine))
	if len(mine.held) > 0 {
		said += fmt.Sprintf(" Your %s cannot help: the other side does not know of it.", mine.held[0])
	}
	copies := "maps.Clone for a map, slices.Clone for a slice, a value instead of a pointer"
	if c.kind == mapInside && c.expr() != nil {
		copies = fmt.Sprintf("maps.Clone(%s), made under your lock", code(mapOf(c.expr())))
	}
	return []string{said, fmt.Sprintf("What is missing, most often: a copy (%s). Hand out the copy and keep the original to yourself.", copies)}
}
