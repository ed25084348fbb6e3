package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"lockstep/harness/build"
	"lockstep/harness/gate"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/trace"
	"lockstep/harness/visible"
)

type checkCmd struct {
	Lab      string        `arg:"" help:"Number or name of the lab: 04, appendlog."`
	Watch    bool          `help:"Check again whenever a file of the lab is saved."`
	All      bool          `help:"Show every failure in full, not only the first."`
	Story    string        `type:"existingfile" help:"Play this story, as a failure tells one, and nothing else."`
	Seed     uint64        `help:"Try only the schedule with this seed, as a failure names it."`
	Effort   int           `default:"1" help:"How many times as many stories, and schedules by lot, as usual are tried; 0 tries none."`
	Deadline time.Duration `default:"1m" help:"How long one check may take."`
	Hints    int           `default:"1" help:"How many hints to give; the last one nearly tells."`
	Web      bool          `help:"Write the runs in which checks fail as a page, and open that in the browser."`
	NoOpen   bool          `help:"Open no browser."`
	InGoTest bool          `hidden:"" help:"For go test: stop when standard input ends, and count the checks in the last line."`
}

func (c *checkCmd) Run(s *session) error {
	l, err := lab.Find(s.root, c.Lab)
	if err != nil {
		return err
	}
	if c.Watch {
		return c.watch(s, l)
	}
	if c.InGoTest {
		return c.inGoTest(s, l)
	}
	_, err = c.once(s, l)
	return err
}

// inGoTest is once, for a go test that has asked for it, and may be gone before it is over.
func (c *checkCmd) inGoTest(s *session, l *lab.Lab) error {
	var stop context.CancelFunc
	s.ctx, stop = context.WithCancel(s.ctx)
	defer stop()
	go func() { // ends with this process
		io.Copy(io.Discard, s.stdin)
		stop()
	}()
	checks, err := c.once(s, l)
	var told status
	if err != nil && !errors.As(err, &told) {
		return err
	}
	fmt.Fprintf(s.stdout, "\n%s\n", l.Tally(func(name string) bool {
		return slices.ContainsFunc(checks, func(one results.CheckResult) bool { return one.ID == name && one.Passed() })
	}))
	return err
}

// once returns what became of the checks, nil if none could be run.
func (c *checkCmd) once(s *session, l *lab.Lab) ([]results.CheckResult, error) {
	files, findings, err := gate.Read(filepath.Join(s.root, l.Dir()))
	if err != nil {
		return nil, err
	}
	if findings = append(findings, gate.Check(l, files)...); len(findings) > 0 {
		fmt.Fprintf(s.stdout, "lab %s would be rejected as it is, whatever it can do (docs/rules.md):\n", l.ID)
		for _, f := range findings {
			fmt.Fprintf(s.stdout, "  %s\n", visible.Line(f.String()))
		}
		return nil, status(notYet)
	}
	if err := gate.Parse(files); err != nil {
		fmt.Fprintf(s.stdout, "lab %s %s\n", l.ID, &build.CompileError{Output: err.Error()})
		return nil, status(notYet)
	}
	builder, err := s.graded()
	if err != nil {
		return nil, err
	}
	stop := s.waiting()
	bin, err := builder.Test(s.ctx, l, "")
	stop()
	if bad, ok := errors.AsType[*build.CompileError](err); ok {
		fmt.Fprintf(s.stdout, "lab %s %s\n", l.ID, visible.Text(bad.Error()))
		return nil, status(notYet)
	}
	if err != nil {
		return nil, err
	}
	j := &judge.Judge{Dir: s.tmp, Deadline: c.Deadline, Seed: c.Seed, Effort: effort(c.Effort)}
	if c.Story != "" {
		return nil, c.play(s, j, bin)
	}
	verdicts, err := j.All(s.ctx, bin, l.Checks)
	if err != nil {
		return nil, err
	}
	var checks []results.CheckResult
	var traces []*trace.Trace
	seeds := map[string]uint64{}
	for _, v := range verdicts {
		one := results.Of(v.Check, v.Status, v.Message, v.Explored)
		t, err := record(s, &one, bin, v)
		if err != nil {
			return nil, err
		}
		if t != nil {
			traces = append(traces, t)
		}
		checks = append(checks, one)
		seeds[v.Check.Name] = v.Seed
	}
	report.Text{All: c.All, Hints: c.Hints, Seeds: seeds}.Write(s.stdout, l, checks)
	if s.unsteered != "" {
		fmt.Fprintf(s.stdout, "\nnote: %s\n", s.unsearched())
	}
	if bin.Without != "" {
		fmt.Fprintf(s.stdout, "\nnote: %s\n", bin.Without)
	}
	if c.Web {
		if err := c.page(s, l, checks, traces); err != nil {
			return nil, err
		}
	}
	if !results.ScoreOf(l, checks).Complete() {
		return checks, status(notYet)
	}
	return checks, nil
}

// page shows the runs in which checks failed in the browser. On a page that is open already, whoever watches loads it again.
func (c *checkCmd) page(s *session, l *lab.Lab, checks []results.CheckResult, traces []*trace.Trace) error {
	file := filepath.Join(s.root, "traces", l.ID+".html")
	fmt.Fprintln(s.stdout)
	if len(traces) == 0 {
		why := "no check fails"
		if slices.ContainsFunc(checks, func(one results.CheckResult) bool { return !one.Passed() }) {
			why = "what fails has no recorded run"
		}
		fmt.Fprintf(s.stdout, "%s, so there is no page to show\n", why)
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := writePage(file, traces...); err != nil {
		return err
	}
	s.openPage(file, c.NoOpen)
	c.NoOpen = true
	return nil
}

// settle is how long a folder has to be quiet before it is checked: editors save in several steps.
const settle = 200 * time.Millisecond

func (c *checkCmd) watch(s *session, l *lab.Lab) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	if err := watcher.Add(filepath.Join(s.root, l.Dir())); err != nil {
		return err
	}
	for {
		var told status
		if _, err := c.once(s, l); err != nil && !errors.As(err, &told) {
			return err
		}
		fmt.Fprintf(s.stdout, "\nwaiting for you to save a file in %s; Ctrl-C ends\n", l.Dir())
		if err := saved(s, watcher); err != nil {
			return err
		}
		fmt.Fprintln(s.stdout)
	}
}

// saved returns when a Go file has been written and the folder has been quiet since.
func saved(s *session, watcher *fsnotify.Watcher) error {
	var calm <-chan time.Time // nil until something was saved
	for {
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case err := <-watcher.Errors:
			return err
		case event := <-watcher.Events:
			if filepath.Ext(event.Name) == ".go" && !event.Has(fsnotify.Chmod) {
				calm = time.After(settle)
			}
		case <-calm:
			return nil
		}
	}
}

// effort is what --effort says, as a judge has it.
func effort(times int) int {
	switch {
	case times <= 0:
		return -1
	case times == 1:
		return 0
	}
	return times
}
