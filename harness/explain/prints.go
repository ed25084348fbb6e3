package explain

import (
	"fmt"
	"strings"
)

// Prints says that the student's code, a server or a client, has printed something that nobody has asked for.
func Prints(role, text string) string {
	lines := strings.SplitAfter(strings.TrimRight(text, "\n"), "\n")
	more := ""
	if n := len(lines); n > mostPrinted {
		lines, more = lines[:mostPrinted], fmt.Sprintf("\n    ... (%d lines)", n)
	}
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "\n    %.100s", strings.TrimRight(line, "\n"))
	}
	return fmt.Sprintf("your %s prints, and nothing is to be printed: whoever runs a server reads its Log, and standard output belongs to the program around it.\n"+
		"what it printed:%s%s\nlook for fmt.Print, println and log.Print in your code. To see what it does, use the field Log where there is one, and take the lines out again otherwise", role, b.String(), more)
}

const mostPrinted = 5
