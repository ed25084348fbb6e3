package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"charm.land/lipgloss/v2"

	"lockstep/harness/collect"
	"lockstep/harness/grade"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/sandbox"
	"lockstep/harness/shard"
)

type gradeCmd struct {
	Dir        gradeDirCmd   `cmd:"" default:"withargs" help:"Grade every submission under DIR."`
	Diff       gradeDiffCmd  `cmd:"" help:"List the verdicts that differ between two results.json."`
	Export     exportCmd     `cmd:"" help:"Write the results for another system: a gradebook, or a document for each submission."`
	Autograder autograderCmd `cmd:"" help:"Write a zip for Gradescope that grades one lab."`
	Merge      gradeMergeCmd `cmd:"" help:"Put the results of all shards together."`
}

type gradeDirCmd struct {
	Dir       string        `arg:"" help:"A folder with a folder, .zip or .tar.gz for each student."`
	Out       string        `default:"graded" help:"Where results.json and the reports go."`
	Lab       []string      `help:"Grade only these labs."`
	Roster    string        `placeholder:"CSV" help:"Who is in the class: a CSV file with columns such as login, id, email and name."`
	Shard     shard.Shard   `placeholder:"I/N" help:"Grade only the I-th of N parts of the class."`
	Fresh     bool          `xor:"past" help:"Grade also what was graded before and has not changed."`
	Resume    bool          `xor:"past" help:"Go on where an earlier grading was interrupted, or fail if there is none."`
	NoSandbox bool          `help:"Run the students' code unconfined, with your rights."`
	Effort    int           `default:"1" help:"How many times as many stories, and schedules by lot, as usual are tried; 0 tries none."`
	Deadline  time.Duration `default:"1m" help:"How long one check may take."`
}

// confine finds what confines students' code, and tells of it; nil if nothing has to.
func confine(s *session, not bool) (*sandbox.Sandbox, error) {
	if not {
		fmt.Fprintln(s.stderr, "lockstep: students' code runs with your rights, for --no-sandbox was said")
		return nil, nil
	}
	confined, err := sandbox.Find()
	if err != nil {
		return nil, fmt.Errorf("students' code cannot be confined: %w\nor say --no-sandbox, on a machine that holds nothing of yours", err)
	}
	fmt.Fprintf(s.stderr, "lockstep: students' code is confined by %v\n", confined)
	for _, l := range confined.Limits() {
		if !l.Active {
			fmt.Fprintf(s.stderr, "lockstep: not confined: %s (%s)\n", l.Name, l.How)
		}
	}
	return confined, nil
}

func (c *gradeDirCmd) Run(s *session) error {
	confined, err := confine(s, c.NoSandbox)
	if err != nil {
		return err
	}
	labs, err := s.labs(c.Lab)
	if err != nil {
		return err
	}
	class, err := readRoster(c.Roster)
	if err != nil {
		return err
	}
	kept := filepath.Join(c.Out, "finished")
	if c.Resume {
		n, err := grade.Finished(kept)
		if err == nil && n == 0 {
			err = fmt.Errorf("there is nothing to resume in %s: no submission was finished there; leave out --resume, or name the folder of the interrupted grading with --out", c.Out)
		}
		if err != nil {
			return err
		}
	}
	submissions, err := c.collect(s, labs, class)
	if err != nil {
		return err
	}
	before, err := results.Read(filepath.Join(c.Out, "results.json"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}

	start := time.Now()
	stop := s.waiting()
	defer stop()
	progress := progress{s: s, all: len(submissions), start: start}
	builder, err := s.graded()
	if err != nil {
		return err
	}
	if s.unsteered != "" {
		fmt.Fprintf(s.stderr, "lockstep: %s\n", s.unsearched())
	}
	builder.Sandbox = confined
	g := &grade.Grader{
		Builder:  builder,
		Judge:    &judge.Judge{Dir: s.tmp, Deadline: c.Deadline, Effort: effort(c.Effort), Sandbox: confined},
		Cache:    kept,
		Traces:   filepath.Join(c.Out, "traces"),
		OnResult: func(r results.SubmissionResult, kept bool) { stop(); progress.tell(r, kept) },
	}
	if c.Fresh {
		if err := os.RemoveAll(g.Cache); err != nil {
			return err
		}
	}
	graded, err := g.All(s.ctx, submissions)
	if err != nil {
		if progress.done > 0 {
			fmt.Fprintf(s.stderr, "lockstep: %d of %d are finished and kept; the same command goes on\n", progress.done, progress.all)
		}
		return err
	}
	r := results.New(results.KeepScores(before, graded), time.Since(start).Seconds())
	r.Sandbox, r.Unsteered = g.Confinement(), s.unsteered
	return class.write(s, c.Out, labs, r, c.Shard)
}

// collect finds what this machine is to grade.
func (c *gradeDirCmd) collect(s *session, labs []*lab.Lab, class *class) ([]collect.Submission, error) {
	found, err := collect.Dir(c.Dir, labs)
	if err != nil {
		return nil, err
	}
	for _, p := range found.Problems {
		fmt.Fprintf(s.stderr, "lockstep: not taken: %s\n", p)
	}
	if len(found.Submissions) == 0 {
		return nil, fmt.Errorf("there is nothing to grade in %s; it should hold a folder or an archive for each student, with folders such as 04 in it", c.Dir)
	}
	class.name(s, found.Submissions)
	submissions := slices.DeleteFunc(found.Submissions, func(one collect.Submission) bool { return !c.Shard.Has(one.Student) })
	if len(submissions) == 0 {
		fmt.Fprintf(s.stderr, "lockstep: no submission belongs to shard %v\n", c.Shard)
	}
	return submissions, nil
}

// progress tells how far the grading is, and how long the rest will take.
type progress struct {
	s          *session
	all        int
	done, kept int
	start      time.Time
}

func (p *progress) tell(r results.SubmissionResult, kept bool) {
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
	var both []*results.Results
	for _, file := range []string{c.Old, c.New} {
		r, err := results.Read(file)
		if err == nil && r == nil {
			err = fmt.Errorf("there is no %s; name a results.json that grade has written", file)
		}
		if err != nil {
			return err
		}
		both = append(both, r)
	}
	changes := results.Diff(both[0], both[1])
	for _, c := range changes {
		fmt.Fprintf(s.stdout, "%s %s  %s\n", c.Student, c.Lab, c.What)
	}
	if len(changes) == 0 {
		fmt.Fprintln(s.stdout, "no verdict differs")
	}
	return nil
}
