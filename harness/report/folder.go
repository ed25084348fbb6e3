package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"lockstep/harness/lab"
	"lockstep/harness/results"
)

// WriteFolder writes results.json and every other report into dir, each file all of it or nothing:
//
//	results.json           everything, for programs
//	grades.csv             a row for each student
//	junit.xml              for what reads JUnit
//	report.html            what the class fails most, and each verdict, for the browser
//	feedback/STUDENT.md    what one student is told
//	feedback/STUDENT.html  the same for the browser
func WriteFolder(dir string, labs []*lab.Lab, r *results.Results) error {
	if err := os.MkdirAll(filepath.Join(dir, "feedback"), 0o755); err != nil {
		return err
	}
	if err := r.Write(filepath.Join(dir, "results.json")); err != nil {
		return err
	}
	page := func(w io.Writer, r *results.Results) error { return Page(w, labs, r) }
	for name, write := range map[string]func(io.Writer, *results.Results) error{"grades.csv": Grades, "junit.xml": JUnit, "report.html": page} {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			return err
		}
		if err := results.WriteFile(filepath.Join(dir, name), b.Bytes()); err != nil {
			return err
		}
	}
	for _, student := range r.Students() {
		var b bytes.Buffer
		Feedback(&b, labs, student.Submissions)
		file := filepath.Join(dir, "feedback", student.File)
		if err := results.WriteFile(file+".md", b.Bytes()); err != nil {
			return err
		}
		b.Reset()
		if err := FeedbackPage(&b, labs, student); err != nil {
			return err
		}
		if err := results.WriteFile(file+".html", b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
