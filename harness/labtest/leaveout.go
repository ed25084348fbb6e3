package labtest

import (
	"fmt"
	"testing"
)

// LeaveOut ends a check that cannot be made here, and says why. The grader does not count it as passed but
// as not run, and so a go test of all checks does not end well where it is of the core.
func LeaveOut(t *testing.T, why string) {
	t.Helper()
	begin(t)
	fmt.Println("left out:", why) // behind Skip a verdict would have no reason
	t.SkipNow()
}
