package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/harness/lab"
)

// WriteFolder writes results.json and every other report into dir, each file all of it or nothing:
//
//	results.json         everything, for programs
//	grades.csv           a row for each student
//	junit.xml            for what reads JUnit
//	feedback/STUDENT.md  what one student is told
func WriteFolder(dir string, labs []*lab.Lab, r *Results) error {
	if err := os.MkdirAll(filepath.Join(dir, "feedback"), 0o755); err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(dir, "results.json"), r); err != nil {
		return err
	}
	for name, write := range map[string]func(io.Writer, *Results) error{"grades.csv": Grades, "junit.xml": JUnit} {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			return err
		}
		if err := replace(filepath.Join(dir, name), b.Bytes()); err != nil {
			return err
		}
	}
	taken := map[string]bool{}
	for all := r.Submissions; len(all) > 0; {
		n := slices.IndexFunc(all, func(s Submission) bool { return s.Student != all[0].Student })
		if n < 0 {
			n = len(all)
		}
		var b bytes.Buffer
		Feedback(&b, labs, all[:n])
		name := fileName(all[0].Student)
		for taken[name] {
			name += "_"
		}
		taken[name] = true
		if err := replace(filepath.Join(dir, "feedback", name+".md"), b.Bytes()); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// fileName is a student's name as every system takes it for a file.
func fileName(student string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, student)
	return strings.TrimLeft(name, ".")
}
