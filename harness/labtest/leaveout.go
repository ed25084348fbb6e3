package labtest

import (
	"fmt"
	"testing"
)

// LeaveOut ends a check that cannot be made here, and says why. The grader does not count it as passed but
// as not run. A student's go test, which counts it as passed, tells of it only with -v.
func LeaveOut(t *testing.T, why string) {
	t.Helper()
	begin(t)
	fmt.Println("left out:", why) // behind Skip a verdict would have no reason
	t.SkipNow()
}
