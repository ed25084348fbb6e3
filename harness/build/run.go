package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"lockstep/harness/process"
	"lockstep/harness/sandbox"
)

// What a build may use in a sandbox, for one submission. It runs no code of the submission's, but a few lines can keep a
// compiler busy for ever, and make it write without end. The reference of a lab takes 3 seconds, 260 MiB of memory and
// 12 MiB on disk.
const (
	buildMemory = 3 << 29 // bytes, of all compilers and linkers together
	buildDisk   = 256 << 20
	buildTime   = 10 * time.Minute // for each; so long only on a machine with very much to do
)

var buildCPU = 45 * time.Second // of all builds of a submission together; less in tests

// A budget is what is left for the builds of one submission.
type budget struct{ cpu time.Duration }

func newBudget() *budget { return &budget{buildCPU} }

// seldom is how often the go command and its tools collect garbage: they hardly live long enough for it to pay.
const seldom = "GOGC=400"

// noIndex keeps the go command from an index of folders, which takes a little time.
const noIndex = "goindex=0"

// run runs the go command with as much as is left, and returns what it printed.
func (b *Builder) run(ctx context.Context, dir string, args []string, left *budget) (string, error) {
	out, err := b.runOnce(ctx, dir, args, left, "")
	if tool, envErr := goEnv(); err != nil && envErr == nil && b.Sandbox != nil && strings.Contains(out, tool.GOCACHE) {
		// The index of a folder of the kit that has changed since Warm, or had just changed then, would have to be written
		// to the cache. It is the only thing that the go command fails for.
		out, err = b.runOnce(ctx, dir, args, left, noIndex)
	}
	return out, err
}

func (b *Builder) runOnce(ctx context.Context, dir string, args []string, left *budget, debug string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	tool, err := goEnv()
	if err != nil {
		return "", err
	}
	var out process.Output
	cmd := tool.command(ctx, &out, args)
	box := sandbox.Box{Dir: b.Root}
	if b.Sandbox != nil {
		if err := confinedEnv(cmd, tool, dir); err != nil {
			return "", err
		}
		if debug != "" {
			cmd.Env = append(cmd.Env, "GODEBUG="+strings.TrimPrefix(os.Getenv("GODEBUG")+","+debug, ","))
		}
		box.Read = append([]string{b.Root, tool.GOROOT, tool.GOMODCACHE, tool.GOCACHE}, sandbox.Tools()...)
		if b.Steer != nil {
			box.Read = append(box.Read, b.Steer.dir)
		}
		box.Write = []string{dir}
		box.Memory, box.Disk, box.CPU = buildMemory, buildDisk, max(left.cpu, time.Second)
		box.Processes = 512 + 8*runtime.NumCPU() // each compiler and linker may have a thread or two for a processor
	} else {
		cmd.Env = append(cmd.Env, "GOTMPDIR="+dir, seldom)
	}
	running, err := b.Sandbox.Start(cmd, box)
	if err != nil {
		return "", err
	}
	err = running.Wait()
	left.cpu -= running.Used()
	limit := running.Exceeded()
	switch {
	case strings.HasSuffix(limit, "processor time"):
		limit = fmt.Sprintf("%v of processor time", buildCPU) // whatever was left of it
	case limit == "" && err != nil && tooLarge(out.String()):
		limit = fmt.Sprintf("%d MiB on disk", buildDisk>>20) // and the go command has removed it
	case limit == "" && err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		if b.Sandbox != nil {
			return "", &ToolError{Lacks: fmt.Sprintf("a build did not end within %v, and hardly got to run", buildTime), Remedy: "end what else runs here, and try again"}
		}
		limit = buildTime.String()
	}
	if limit != "" {
		return "", &CompileError{Output: fmt.Sprintf("to compile this needs more than %s, and was given up: look for a constant, a type or an array that grows", limit), exceeded: true}
	}
	return out.String(), err
}

// command is a go command that ends with ctx, and its compiler and linker with it. It does not ask for the commit: git refuses to tell it to
// anybody who does not own the repository.
func (t *toolchain) command(ctx context.Context, out *process.Output, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(t.GOROOT, "bin", "go"), slices.Insert(slices.Clone(args), 1, "-buildvcs=false")...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOROOT="+t.GOROOT, "GOTOOLCHAIN=local") // this Go, by this name
	cmd.Cancel = func() error { process.Kill(cmd); return nil }
	return cmd
}

// confinedEnv gives cmd the environment that a sandbox allows. What is compiled with another one is another thing to the
// cache: flags of this user's would be enough.
func confinedEnv(cmd *exec.Cmd, tool *toolchain, dir string) error {
	cmd.Env = process.Bare("GOWORK=off", "GOTMPDIR="+dir, seldom, "TMPDIR="+dir, "HOME="+dir, "GOPROXY=off", "GOTOOLCHAIN=local", "GOFLAGS=",
		"GOROOT="+tool.GOROOT, "GOCACHE="+tool.GOCACHE, "GOMODCACHE="+tool.GOMODCACHE, "CC="+tool.CC, "CGO_ENABLED=1")
	cmd.Args = slices.Insert(cmd.Args, 2, fmt.Sprintf("-p=%d", min(4, runtime.NumCPU())))
	return noTelemetry(dir)
}

// noTelemetry keeps the go command from starting a process that uploads what it counts, for a user whose home is dir.
// That process does not find itself where there is no /proc.
func noTelemetry(home string) error {
	mode := filepath.Join(home, ".config", "go", "telemetry", "mode") // on Linux, where there are sandboxes
	return errors.Join(os.MkdirAll(filepath.Dir(mode), 0o755), os.WriteFile(mode, []byte("off"), 0o644))
}

// tooLarge tells whether a compiler or linker was ended by the kernel for the size of a file.
func tooLarge(out string) bool {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "SIGXFSZ") || strings.HasSuffix(strings.TrimSpace(line), ": file too large") || strings.Contains(line, "signal: file size limit exceeded") {
			return true
		}
	}
	return false
}
