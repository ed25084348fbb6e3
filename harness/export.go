package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"lockstep/harness/export"
	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/visible"
)

type exportCmd struct {
	Canvas       canvasCmd       `cmd:"" help:"Fill in a gradebook that was exported from Canvas."`
	Moodle       moodleCmd       `cmd:"" help:"Fill in the grading worksheet of one Moodle assignment."`
	Gradescope   gradescopeCmd   `cmd:"" help:"Write results.json of a Gradescope autograder for each submission."`
	Classroom50  classroom50Cmd  `cmd:"" name:"classroom50" help:"Write result.json of a Classroom 50 autograder for one submission."`
	Prairielearn prairielearnCmd `cmd:"" help:"Write results.json of a PrairieLearn external grader for each submission."`
}

// exported are the results that an export starts from.
type exported struct {
	Results string `arg:"" help:"results.json, as grade has written it."`
}

func (e exported) read() (*results.Results, error) {
	r, err := results.Read(e.Results)
	if err == nil && r == nil {
		err = fmt.Errorf("there is no %s; name a results.json that grade has written", e.Results)
	}
	return r, err
}

type canvasCmd struct {
	exported
	Gradebook string            `required:"" type:"existingfile" help:"The CSV file that Canvas exports: Grades, Export."`
	Column    map[string]string `mapsep:"none" help:"The column of a lab, as in 04=\"Lab 4 (12345)\"; otherwise the one with \"lab 4\" in its name."`
	Out       string            `default:"canvas.csv" help:"The file to import into Canvas."`
}

func (c *canvasCmd) Run(s *session) error {
	columns := map[string]string{}
	for name, column := range c.Column {
		l, err := lab.Find(s.root, name)
		if err != nil {
			return err
		}
		columns[l.ID] = column
	}
	return fillIn(s, c.exported, c.Gradebook, c.Out, func(w *bytes.Buffer, in *os.File, r *results.Results) (*export.Summary, error) {
		return export.Canvas(w, in, r, columns)
	})
}

type moodleCmd struct {
	exported
	Gradebook string `required:"" type:"existingfile" help:"The grading worksheet that Moodle offers for download."`
	Lab       string `required:"" help:"Number or name of the lab that the assignment is: 04, appendlog."`
	Out       string `default:"moodle.csv" help:"The file to upload to Moodle."`
}

func (c *moodleCmd) Run(s *session) error {
	l, err := lab.Find(s.root, c.Lab)
	if err != nil {
		return err
	}
	return fillIn(s, c.exported, c.Gradebook, c.Out, func(w *bytes.Buffer, in *os.File, r *results.Results) (*export.Summary, error) {
		return export.Moodle(w, in, r, l)
	})
}

// fillIn writes a gradebook to out, and tells what was left as it was.
func fillIn(s *session, e exported, gradebook, out string, fill func(*bytes.Buffer, *os.File, *results.Results) (*export.Summary, error)) error {
	r, err := e.read()
	if err != nil {
		return err
	}
	in, err := os.Open(gradebook)
	if err != nil {
		return err
	}
	defer in.Close()
	if same(gradebook, out) {
		return badUsage("%s would be overwritten; name another file with --out", gradebook)
	}
	var b bytes.Buffer
	sum, err := fill(&b, in, r)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
		return err
	}
	for _, left := range sum.Left {
		fmt.Fprintf(s.stderr, "lockstep: left as it was: %s\n", left)
	}
	fmt.Fprintf(s.stdout, "%s: %d grades filled in\n", out, sum.Filled)
	return nil
}

// same tells whether two names are of one file.
func same(a, b string) bool {
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	return err == nil && otherErr == nil && os.SameFile(one, other)
}

type gradescopeCmd struct {
	exported
	Out string `default:"gradescope" help:"The folder for STUDENT/LAB/results.json."`
}

func (c *gradescopeCmd) Run(s *session) error {
	return each(s, c.exported, c.Out, export.Gradescope)
}

type prairielearnCmd struct {
	exported
	Out string `default:"prairielearn" help:"The folder for STUDENT/LAB/results.json."`
}

func (c *prairielearnCmd) Run(s *session) error {
	return each(s, c.exported, c.Out, export.PrairieLearn)
}

func each(s *session, e exported, out string, document func(results.SubmissionResult) any) error {
	r, err := e.read()
	if err != nil {
		return err
	}
	n, err := export.Each(out, "results.json", r, document)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%s: %d documents, STUDENT/LAB/results.json\n", out, n)
	return nil
}

// The flags have the values that Classroom 50 gives to an autograder.
type classroom50Cmd struct {
	exported
	Student    string    `help:"Whose submission, if the results have several."`
	Lab        string    `help:"Of which lab, if the results have several."`
	Classroom  string    `required:"" env:"CLASSROOM" help:"Short name of the classroom."`
	Assignment string    `required:"" env:"ASSIGNMENT" help:"Short name of the assignment."`
	Type       string    `default:"individual" enum:"individual,group" env:"ASSIGNMENT_TYPE" help:"individual or group."`
	Owner      string    `required:"" env:"OWNER,USERNAME" help:"Who owns the repository."`
	Submission string    `required:"" env:"SUBMISSION_TAG" help:"The tag, submit/..."`
	Commit     string    `required:"" env:"COMMIT_URL" help:"Address of the commit."`
	Release    string    `required:"" env:"RELEASE_URL" help:"Address of the release."`
	Review     string    `env:"REVIEW_URL" help:"Address of the difference; otherwise of the commit."`
	Time       time.Time `help:"When the commit was made, as in 2026-06-01T14:32:01Z; otherwise now."`
	Out        string    `default:"result.json" help:"The file to write."`
}

func (c *classroom50Cmd) Run(s *session) error {
	r, err := c.read()
	if err != nil {
		return err
	}
	id := ""
	if c.Lab != "" {
		l, err := lab.Find(s.root, c.Lab)
		if err != nil {
			return err
		}
		id = l.ID
	}
	fit := slices.DeleteFunc(slices.Clone(r.Submissions), func(sub results.SubmissionResult) bool {
		theirs := c.Student == "" || sub.Student == c.Student || sub.Student == visible.Name(c.Student)
		return !theirs || id != "" && sub.Lab != id
	})
	if len(fit) != 1 {
		return badUsage("%s has %d such submissions; say --student and --lab for one", c.Results, len(fit))
	}
	now := time.Now()
	if c.Time.IsZero() {
		c.Time = now
	}
	data, err := export.JSON(export.Classroom50(fit[0], export.Origin{
		Classroom: c.Classroom, Assignment: c.Assignment, Type: c.Type, Owner: c.Owner, Submission: c.Submission,
		Commit: c.Commit, Release: c.Release, Review: c.Review, Handed: c.Time, Graded: now,
	}))
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, data, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%s: %s %s, %s\n", c.Out, fit[0].Student, fit[0].Lab, fit[0].Outcome())
	return nil
}

type autograderCmd struct {
	Lab string `required:"" help:"Number or name of the lab: 04, appendlog."`
	Out string `default:"autograder.zip" help:"The file to upload to Gradescope."`
}

func (c *autograderCmd) Run(s *session) error {
	l, err := lab.Find(s.root, c.Lab)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := export.Autograder(&b, s.root, l, runtime.Version()); err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, b.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%s: an autograder for lab %s, with %s\n", c.Out, l.ID, runtime.Version())
	return nil
}
