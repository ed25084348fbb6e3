package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"lockstep/harness/lab"
	"lockstep/harness/process"
	"lockstep/harness/sandbox"
)

// What the go command may use in a sandbox, for one submission. A build runs no code of the submission's, but
// a few lines can keep a compiler busy for ever.
const (
	buildMemory = 4 << 30 // bytes, of all compilers and linkers together
	buildCPU    = 3 * time.Minute
)

// seldom is how often the go command and its tools collect garbage: they hardly live long enough for it to pay.
const seldom = "GOGC=400"

// run runs the go command and returns what it printed.
func (b *Builder) run(ctx context.Context, dir string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	var out process.Output
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { process.Kill(cmd); return nil } // the compiler and the linker too
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOTMPDIR="+dir, seldom)
	box := sandbox.Box{Dir: b.Root}
	if b.Sandbox != nil {
		tool, err := goEnv()
		if err != nil {
			return "", err
		}
		cmd.Path = filepath.Join(tool["GOROOT"], "bin", "go")
		cmd.Env = process.Bare("GOWORK=off", "GOTMPDIR="+dir, seldom, "TMPDIR="+dir, "HOME="+dir, "GOPROXY=off", "GOTOOLCHAIN=local", "GOFLAGS=-buildvcs=false",
			"GOROOT="+tool["GOROOT"], "GOCACHE="+tool["GOCACHE"], "GOMODCACHE="+tool["GOMODCACHE"], "CC="+tool["CC"], "CGO_ENABLED=1")
		if err := noTelemetry(dir); err != nil {
			return "", err
		}
		box.Read = append([]string{b.Root, tool["GOROOT"], tool["GOMODCACHE"]}, sandbox.Tools()...)
		box.Write = []string{dir, tool["GOCACHE"]}
		box.Memory, box.CPU, box.Processes, box.Disk = buildMemory, buildCPU, -1, -1
	}
	running, err := b.Sandbox.Start(cmd, box)
	if err != nil {
		return "", err
	}
	err = running.Wait()
	if limit := running.Exceeded(); limit != "" {
		err = &exceededError{limit}
	}
	return out.String(), err
}

// noTelemetry keeps the go command from starting a process that uploads what it counts, for a user whose home is dir.
// That process does not find itself where there is no /proc.
func noTelemetry(home string) error {
	mode := filepath.Join(home, ".config", "go", "telemetry", "mode") // on Linux, where there are sandboxes
	return errors.Join(os.MkdirAll(filepath.Dir(mode), 0o755), os.WriteFile(mode, []byte("off"), 0o644))
}

// An exceededError tells of a compiler that was ended.
type exceededError struct{ limit string }

func (e *exceededError) Error() string {
	return fmt.Sprintf("to compile this needs more than %s, and was given up: look for a constant, a type or an array that grows", e.limit)
}

// goEnv is where the go command has things.
var goEnv = sync.OnceValues(func() (map[string]string, error) {
	out, err := exec.Command("go", "env", "-json", "GOROOT", "GOCACHE", "GOMODCACHE", "CC").Output()
	if err != nil {
		return nil, Diagnose(string(out), err)
	}
	var env map[string]string
	err = json.Unmarshal(out, &env)
	return env, err
})

// Warm builds the references of labs without a sandbox: all that submissions have in common is then in the go
// command's cache, and no submission is charged for it. It finds out, too, whether anything can be built here.
func (b *Builder) Warm(ctx context.Context, labs []*lab.Lab) error {
	plain := *b
	plain.Sandbox = nil
	for _, l := range labs {
		bin, err := plain.Test(ctx, l, l.SolutionDir())
		if err != nil {
			return err
		}
		os.RemoveAll(filepath.Dir(bin.Path))
	}
	return nil
}
