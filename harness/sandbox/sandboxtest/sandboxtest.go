// Package sandboxtest, of the grader, is for tests that need a sandbox. On Linux there has to be one, and they fail where there is
// none; unless WITHOUT_SANDBOX is set, as .ci/run does, and says so, on a machine that allows none. WITHOUT_LANDLOCK is the same for
// the tests of the sandbox that needs no bubblewrap.
package sandboxtest

import (
	"os"
	"runtime"
	"testing"
)

// Expected tells whether there has to be a sandbox on this machine.
func Expected() bool { return runtime.GOOS == "linux" && os.Getenv("WITHOUT_SANDBOX") == "" }

// LandlockExpected tells whether there has to be Landlock, too.
func LandlockExpected() bool { return Expected() && os.Getenv("WITHOUT_LANDLOCK") == "" }

// Need leaves t out where no sandbox is expected.
func Need(t testing.TB) {
	t.Helper()
	if !Expected() {
		t.Skip("no sandbox is expected here")
	}
}
