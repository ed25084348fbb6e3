package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"charm.land/lipgloss/v2"

	"lockstep/harness/collect"
	"lockstep/harness/grade"
	"lockstep/harness/judge"
	"lockstep/harness/report"
)

type gradeCmd struct {
	Dir  gradeDirCmd  `cmd:"" default:"withargs" help:"Grade every submission under DIR."`
	Diff gradeDiffCmd `cmd:"" help:"List the verdicts that differ between two results.json."`
}

type gradeDirCmd struct {
	Dir       string        `arg:"" help:"A folder with a folder, .zip or .tar.gz for each student."`
	Out       string        `default:"graded" help:"Where results.json and the reports go."`
	Lab       []string      `help:"Grade only these labs."`
	Fresh     bool          `help:"Grade also what was graded before and has not changed."`
	NoSandbox bool          `help:"Run the students' code unconfined, with your rights. There is no sandbox yet."`
	Deadline  time.Duration `default:"1m" help:"How long one check may take."`
}

var errNoSandbox = errors.New("students' code would run with your rights: this version cannot confine it yet\n" +
	"on a machine that holds nothing of yours, say --no-sandbox")

func (c *gradeDirCmd) Run(s *session) error {
	if !c.NoSandbox {
		return errNoSandbox
	}
	labs, err := s.labs(c.Lab)
	if err != nil {
		return err
	}
	found, err := collect.Dir(c.Dir, labs)
	if err != nil {
		return err
	}
	for _, p := range found.Problems {
		fmt.Fprintf(s.stderr, "lockstep: not taken: %s\n", p)
	}
	if len(found.Submissions) == 0 {
		return fmt.Errorf("there is nothing to grade in %s; it should hold a folder or an archive for each student, with folders such as 04 in it", c.Dir)
	}
	before, err := report.Read(filepath.Join(c.Out, "results.json"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}

	start := time.Now()
	progress := progress{s: s, all: len(found.Submissions), start: start}
	g := &grade.Grader{
		Builder: s.graded(),
		Judge:   &judge.Judge{Dir: s.tmp, Deadline: c.Deadline},
		Tmp:     s.tmp,
		Kept:    filepath.Join(c.Out, "finished"),
		Told:    progress.tell,
	}
	if c.Fresh {
		if err := os.RemoveAll(g.Kept); err != nil {
			return err
		}
	}
	submissions, err := g.All(s.ctx, found.Submissions)
	if err != nil {
		if progress.done > 0 {
			fmt.Fprintf(s.stderr, "lockstep: %d of %d are finished and kept; the same command goes on\n", progress.done, progress.all)
		}
		return err
	}
	results := report.NewResults(report.KeepScores(before, submissions), time.Since(start).Seconds())
	if err := report.WriteFolder(c.Out, labs, results); err != nil {
		return err
	}
	report.Table(s.stdout, results)
	fmt.Fprintf(s.stdout, "\n%s: results.json, grades.csv, junit.xml, and feedback for each student\n", c.Out)
	return nil
}

// progress tells how far the grading is, and how long the rest will take.
type progress struct {
	s          *session
	all        int
	done, kept int
	start      time.Time
}

func (p *progress) tell(r report.Submission, kept bool) {
	p.done++
	if kept {
		p.kept++
	}
	left := ""
	if fresh := p.done - p.kept; fresh > 0 && p.done < p.all {
		left = fmt.Sprintf(", %v left", (time.Since(p.start) / time.Duration(fresh) * time.Duration(p.all-p.done)).Round(time.Second))
	}
	faint := lipgloss.NewStyle().Faint(p.s.tty)
	fmt.Fprintf(p.s.stderr, "%s %s %s: %s\n", faint.Render(fmt.Sprintf("%d/%d%s", p.done, p.all, left)), r.Student, r.Lab, r.Outcome())
}

type gradeDiffCmd struct {
	Old string `arg:"" help:"results.json of before."`
	New string `arg:"" help:"results.json of now."`
}

func (c *gradeDiffCmd) Run(s *session) error {
	var both []*report.Results
	for _, file := range []string{c.Old, c.New} {
		r, err := report.Read(file)
		if err == nil && r == nil {
			err = fmt.Errorf("there is no %s; name a results.json that grade has written", file)
		}
		if err != nil {
			return err
		}
		both = append(both, r)
	}
	changes := report.Diff(both[0], both[1])
	for _, c := range changes {
		fmt.Fprintf(s.stdout, "%s %s  %s\n", c.Student, c.Lab, c.What)
	}
	if len(changes) == 0 {
		fmt.Fprintln(s.stdout, "no verdict differs")
	}
	return nil
}
