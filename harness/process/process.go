// Package process, of the grader, is what the kit needs to know about other processes: how to end one with all that
// it started, and how to keep what it prints within bounds.
package process

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"sync"

	"lockstep/harness/startenv"
)

// An Output keeps the beginning of what a process prints, one MiB of it, and takes the rest without
// a word. The zero value is ready; it may be used concurrently.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

const maxOutput = 1 << 20

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(p[:min(len(p), maxOutput-o.buf.Len())])
	return len(p), nil
}

// String returns what was kept so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// inherited tells whether a variable of the kit holds for what a process starts as well.
func inherited(name string) bool {
	return slices.ContainsFunc(startenv.Variables, func(v startenv.Variable) bool { return v.Kept && v.Name == name })
}

// Environment is this process's own, without what was meant for this process alone, and with more.
func Environment(more ...string) []string { return Without(os.Environ(), more...) }

// Without is an environment without what was meant for the process alone that had it, and with more.
func Without(environ []string, more ...string) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == "GORACE" || strings.HasPrefix(name, "LOCKSTEP_") && !inherited(name)
	})
	return append(env, more...)
}

// Bare is the environment for somebody else's code: what any program needs here, and more. What else this process
// has in its own, such as keys to other services, is not for it.
func Bare(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return !slices.Contains(needed, strings.ToUpper(name)) && !inherited(name)
	})
	return append(env, more...)
}

var needed = []string{
	"PATH", "LANG", "TZ", "GOMAXPROCS", "GODEBUG", "GOTRACEBACK",
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", // Windows
}

// Temp is the environment by which programs put their temporary files into dir.
func Temp(dir string) []string { return []string{"TMPDIR=" + dir, "TMP=" + dir, "TEMP=" + dir} }
