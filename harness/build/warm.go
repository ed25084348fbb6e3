package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/process"
)

// Warm compiles, without a sandbox, all that submissions to l may need besides themselves: what the checks import, what the
// kit adds, and the packages that a submission may import. They find it in the go command's cache, where none of them can
// put anything. Then Warm builds the reference as a submission is built. So whatever keeps submissions from being built
// here is told once, and not by each of them.
func (b *Builder) Warm(ctx context.Context, l *lab.Lab, packages []string) error {
	dir, err := os.MkdirTemp(b.Dir, "warm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	all, err := b.needed(ctx, l, packages)
	if err != nil {
		return err
	}
	tool, err := goEnv()
	if err != nil {
		return err
	}
	var out process.Output
	flags := []string{"build", "-race", "-ldflags=-s"}
	if b.Steer != nil {
		flags = append(flags, b.Steer.flags()...)
	}
	cmd := tool.command(ctx, &out, append(flags, all...))
	cmd.Dir = b.Root
	if err := confinedEnv(cmd, tool, dir); err != nil {
		return err
	}
	process.Group(cmd)
	if err := cmd.Run(); err != nil {
		return failed(ctx, out.String(), err)
	}
	bin, err := b.Test(ctx, l, l.SolutionDir())
	if bad, ok := errors.AsType[*CompileError](err); ok && bad.exceeded {
		return &ToolError{Lacks: fmt.Sprintf("the reference of lab %s does not compile with what a submission may use: %s", l.ID, bad.Output), Remedy: "see whether go test -race works here, and how long it takes"}
	}
	if err != nil {
		return err
	}
	bin.remove()
	return nil
}

// needed lists the packages with all that they need, and what the checks of l need.
func (b *Builder) needed(ctx context.Context, l *lab.Lab, packages []string) ([]string, error) {
	checks, err := b.list(ctx, "-test", "./"+l.Dir())
	if err != nil {
		return nil, err
	}
	all, err := b.list(ctx, append([]string{"./harness/startenv", "./harness/norace", "./harness/perturb/sync"}, packages...)...)
	for _, path := range checks {
		if !strings.HasPrefix(path, l.Package()) { // it, and the test's main
			all = append(all, path)
		}
	}
	return all, err
}

// list lists packages with all that they need. It has this user's environment, because it fetches the modules that are
// not there yet.
func (b *Builder) list(ctx context.Context, args ...string) ([]string, error) {
	tool, err := goEnv()
	if err != nil {
		return nil, err
	}
	var out, problems process.Output
	cmd := tool.command(ctx, &out, append([]string{"list", "-race", "-deps", "-f", "{{with .ForTest}}{{else}}{{.ImportPath}}{{end}}"}, args...))
	cmd.Dir, cmd.Stderr = b.Root, &problems
	process.Group(cmd)
	if err := cmd.Run(); err != nil {
		return nil, failed(ctx, problems.String(), err)
	}
	return strings.Fields(out.String()), nil
}

// failed is what went wrong with a go command of our own: not the author's, there is none.
func failed(ctx context.Context, out string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return Diagnose(out, err)
}
