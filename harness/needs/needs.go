// Package needs, of the grader, is for tests that not every machine can run. What is not here they leave out, and say how to get it:
//
//	confined := needs.Sandbox(t)
//
// Of a package that passes, go test prints nothing; go run ./harness test tells what was left out, whoever left it out.
//
// WITHOUT_SANDBOX leaves out the tests of the sandbox also where there is one, WITHOUT_LANDLOCK those of the sandbox that needs no bubblewrap, and
// WITHOUT_USER_SANDBOX those of an ordinary user's.
package needs

import (
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lockstep/harness/gotest"
	"lockstep/harness/sandbox"
)

// Time leaves t out under -short: it builds, or waits, for more than a moment.
func Time(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes its time: run the tests without -short")
	}
}

// Sandbox is the one that grade would use here.
func Sandbox(t testing.TB) *sandbox.Sandbox {
	t.Helper()
	without(t, "WITHOUT_SANDBOX")
	s, err := sandbox.Find()
	if err != nil {
		LeaveOut(t, "there is no sandbox here:", err)
	}
	return s
}

// FetchedGo is the GOTOOLCHAIN of a Go that the go command has fetched by itself, and that is new enough for the kit.
func FetchedGo(t testing.TB) string {
	t.Helper()
	out := func(toolchain string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		if toolchain != "" {
			cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain)
		}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal("go ", args, ": ", err)
		}
		return strings.TrimSpace(string(out))
	}
	oldest, modules := "go"+out("", "list", "-m", "-f", "{{.GoVersion}}"), out("", "env", "GOMODCACHE")
	there, err := filepath.Glob(filepath.Join(modules, "golang.org", "toolchain@*-go*."+runtime.GOOS+"-"+runtime.GOARCH))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range there {
		_, name, _ := strings.Cut(filepath.Base(dir), "-")
		name = strings.TrimSuffix(name, "."+runtime.GOOS+"-"+runtime.GOARCH)
		if version.Compare(name, oldest) >= 0 && out(name, "env", "GOROOT") == dir { // and not installed as well
			return name
		}
	}
	LeaveOut(t, "the go command has fetched no other Go here: GOTOOLCHAIN=go1.27.4 go version does")
	return ""
}

// Landlock leaves t out if it is not wanted. Whether it works, only package sandbox can tell.
func Landlock(t testing.TB) {
	t.Helper()
	without(t, "WITHOUT_SANDBOX")
	without(t, "WITHOUT_LANDLOCK")
}

// OrdinaryUser leaves t out if the sandbox of a user who is not root is not wanted. Whether there is one, that user has to try.
func OrdinaryUser(t testing.TB) {
	t.Helper()
	without(t, "WITHOUT_SANDBOX")
	without(t, "WITHOUT_USER_SANDBOX")
}

// LeaveOut leaves t out for want of something that may come to be here.
func LeaveOut(t testing.TB, why ...any) {
	t.Helper()
	os.Getenv(gotest.Installed) // what go test has kept of t is worth nothing when that changes
	t.Skip(why...)
}

func without(t testing.TB, name string) {
	t.Helper()
	if os.Getenv(name) != "" {
		t.Skip(name, "is set")
	}
}
