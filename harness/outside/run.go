package outside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/process"
	"lockstep/harness/startenv"
	"lockstep/harness/steer"
)

// explore looks for a schedule under which the bug shows, among those that are tried of a check that looks for what happens at once. Each is run in a process of its
// own, so that nothing is left from the one before.
func (m *Measure) explore(ctx context.Context, exe string, r *Result) error {
	dir, err := os.MkdirTemp(m.Builder.Dir, "outside-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	recording, plan := filepath.Join(dir, "recording"), filepath.Join(dir, "plan")
	e := steer.Explorer{Plan: judge.Plan(lab.Check{Singles: 100, Random: 40}, 0)}
	var run steer.Run
	for s, ok := e.Next(run); ok; s, ok = e.Next(run) {
		if err := os.WriteFile(recording, make([]byte, steer.Size), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(plan, []byte(steer.Plan{Only: &s}.String()), 0o600); err != nil {
			return err
		}
		what, err := m.run(ctx, exe, r.Bug, "GOMAXPROCS=1", startenv.Schedule.With(plan), startenv.Recording.With(recording))
		if err != nil {
			return err
		}
		r.Tried, r.Complete = e.Tried()
		if what != "" {
			r.How, r.What = kind(s), what
			return nil
		}
		if run, err = read(recording); err != nil {
			return err
		}
	}
	return nil
}

func kind(s steer.Schedule) string {
	switch {
	case s.Odds > 0:
		return ByLot
	case len(s.Switches) > 0:
		return OneSwitch
	}
	return Plainly
}

func read(recording string) (steer.Run, error) {
	f, err := os.Open(recording)
	if err != nil {
		return steer.Run{}, err
	}
	defer f.Close()
	return steer.Read(f)
}

// limit is how long one run may take. A bug that keeps the processor busy for ever is none of those that are looked for.
const limit = 30 * time.Second

// run runs a bug once, and returns what there was to see; "" if that was nothing.
func (m *Measure) run(ctx context.Context, exe string, b Bug, env ...string) (what string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errLong)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, append([]string{b.Name}, b.Left...)...)
	cmd.Env = process.Environment(append(env, "GORACE=exitcode=0 atexit_sleep_ms=0")...)
	process.Group(cmd)
	cmd.Cancel = func() error { process.Kill(cmd); return nil }
	var said bytes.Buffer
	var problems process.Output
	cmd.Stdout, cmd.Stderr = &said, &problems
	err = cmd.Run()
	switch cause := context.Cause(ctx); {
	case cause == errLong:
		return "", nil
	case cause != nil:
		return "", cause
	case err == nil:
		return said.String(), nil
	}
	for line := range strings.Lines(problems.String()) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line), nil
		}
	}
	return "", fmt.Errorf("%s: %w\n%s", b.Name, err, problems.String())
}

var errLong = errors.New("it takes too long")
