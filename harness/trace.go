package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"time"

	"github.com/charmbracelet/x/term"

	"lockstep/harness/build"
	"lockstep/harness/gate"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/trace"
	"lockstep/harness/visible"
)

// record writes the run in which a check has failed to where check keeps them, and removes it once the check passes. It returns what it has written,
// nil if nothing.
func record(s *session, c *results.CheckResult, bin *build.Binary, v judge.Verdict) (*trace.Trace, error) {
	name := path.Join("traces", fmt.Sprintf("%s-%s.json", bin.Lab.ID, v.Check.Name))
	file := filepath.Join(s.root, filepath.FromSlash(name))
	kit, err := s.kit()
	if err != nil {
		return nil, err
	}
	t, err := trace.Of(bin, v, kit)
	if err != nil {
		return nil, err
	}
	if t == nil {
		for _, old := range []string{file, pageOf(file)} {
			if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		return nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Write(&b); err != nil {
		return nil, err
	}
	c.Trace, c.Lanes = shown(file), t.Runs[0].Draw(s.columns()-2) // it is indented
	return t, results.WriteFile(file, b.Bytes())
}

// shown is a file as somebody in this folder would name it.
func shown(file string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, file); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return file
}

// columns is how wide the terminal is.
func (s *session) columns() int {
	const usual = 110
	if f, ok := s.raw.(*os.File); ok && s.tty {
		if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			return width
		}
	}
	return usual
}

// readTrace reads a trace, and finds its lab.
func readTrace(s *session, file string) (*trace.Trace, *lab.Lab, error) {
	t, err := readTraceFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no %s; check writes the runs in which a check fails to the folder traces, grade to the one of its --out", file)
	}
	if err != nil {
		return nil, nil, err
	}
	l, err := lab.Find(s.root, t.Lab)
	return t, l, err
}

func readTraceFile(file string) (*trace.Trace, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := trace.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s is not what the kit has written: %w", file, err)
	}
	return t, nil
}

type showCmd struct {
	Trace  string `arg:"" help:"A file that check or grade has written: traces/04-TestScenario3.json."`
	Web    bool   `help:"Write it as a page beside the trace, and open that in the browser."`
	NoOpen bool   `help:"Open no browser."`
}

func (c *showCmd) Run(s *session) error {
	t, l, err := readTrace(s, c.Trace)
	if err != nil {
		return err
	}
	if c.Web {
		file := pageOf(c.Trace)
		if err := writePage(file, t); err != nil {
			return err
		}
		s.openPage(file, c.NoOpen)
		return nil
	}
	fmt.Fprintf(s.stdout, "lab %s, %s: %s\n%s\n", l.ID, visible.Line(t.Replay.Check), visible.Line(t.Title), visible.Line(t.Origin))
	for _, r := range t.Runs {
		whole, err := t.Whole()
		if err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "\nthe steps that matter:\n%s\nall of them:\n%s", r.Draw(s.columns()), whole.Draw(s.columns()))
		if e := r.End.Race; e != nil {
			fmt.Fprintf(s.stdout, "\n%s\n", visible.Text(e.Report))
		}
	}
	return nil
}

type replayCmd struct {
	Trace     string        `arg:"" help:"A file that check or grade has written."`
	Times     int           `default:"1" help:"How often to run it."`
	Load      int           `help:"Keep so many further processes busy meanwhile."`
	NoSandbox bool          `help:"Run the code in the trace unconfined, with your rights."`
	Deadline  time.Duration `default:"1m" help:"How long one run may take."`
}

func (c *replayCmd) Run(s *session) error {
	if c.Times < 1 {
		return badUsage("--times %d: it takes at least one", c.Times)
	}
	t, l, err := readTrace(s, c.Trace)
	if err != nil {
		return err
	}
	check, ok := l.Check(t.Replay.Check)
	if !ok {
		return fmt.Errorf("lab %s has no check %s", l.ID, visible.Line(t.Replay.Check))
	}
	files := t.Submission()
	if findings := gate.Check(l, files); len(findings) > 0 {
		return fmt.Errorf("%s has code that no submission may have, and is not run: %s", c.Trace, visible.Line(findings[0].String()))
	}
	confined, err := confine(s, c.NoSandbox)
	if err != nil {
		return err
	}
	builder, err := s.graded()
	if err != nil {
		return err
	}
	if s.unsteered != "" {
		return fmt.Errorf("no run can be repeated here: %s", s.unsteered)
	}
	kit, err := s.kit()
	if err != nil {
		return err
	}
	if t.Replay.Go != runtime.Version() {
		fmt.Fprintf(s.stderr, "lockstep: it was recorded with %s, and this is %s: it may go another way\n", visible.Line(t.Replay.Go), runtime.Version())
	} else if t.Replay.Kit != kit {
		fmt.Fprintf(s.stderr, "lockstep: the kit has changed since it was recorded: it may go another way\n")
	}
	builder.Sandbox = confined
	stop := s.waiting()
	if confined != nil {
		err = builder.Warm(s.ctx, l, gate.Allowed(l))
	}
	var bin *build.Binary
	if err == nil {
		bin, err = builder.TestFiles(s.ctx, l, files)
	}
	stop()
	if err != nil {
		return err
	}
	stopLoad, err := burn(s, c.Load)
	if err != nil {
		return err
	}
	defer stopLoad()
	return c.repeat(s, t, bin, check, &judge.Judge{Dir: s.tmp, Deadline: c.Deadline, Sandbox: confined})
}

func (c *replayCmd) repeat(s *session, t *trace.Trace, bin *build.Binary, check lab.Check, j *judge.Judge) error {
	same := 0
	for n := range c.Times {
		v, err := j.Replay(s.ctx, bin, check, t.Replay.Schedule)
		if err != nil {
			return err
		}
		wrong, err := t.Differs(v)
		switch {
		case err != nil:
			return err
		case wrong != "":
			fmt.Fprintf(s.stdout, "run %d: %s\n", n+1, visible.Line(wrong))
		default:
			same++
		}
	}
	fmt.Fprintf(s.stdout, "%d of %d went the same way, step by step, and ended %s\n", same, c.Times, visible.Line(string(t.Replay.Status)))
	if same < c.Times {
		return status(notYet)
	}
	return nil
}
