// Package export, of the grader, writes results for the systems that courses use: gradebooks that are filled in, and a
// document for each submission.
//
//	sum, err := export.Canvas(out, gradebook, results, nil)
//	n, err := export.Each(dir, "results.json", results, export.Gradescope)
//
// A submission without a score (status infra) never becomes a 0: a gradebook's cell stays as it was, and a
// document says that the grading failed. Bonus points are apart, as in results.json: they are in no score.
//
// Results are bounded, and their texts show (package results), so documents are and do: PrairieLearn takes no more than 1 MB.
//
// Each format is tested against what its system has published; the address stands in its file.
package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lockstep/harness/results"
)

// A Summary says what became of a gradebook.
type Summary struct {
	Filled int      // cells with a grade
	Left   []string // what was left as it was, and why; a sentence each
}

func (s *Summary) leave(format string, args ...any) {
	s.Left = append(s.Left, fmt.Sprintf(format, args...))
}

// Each writes a document for each submission, DIR/STUDENT/LAB/NAME, and returns how many. It makes the folders.
func Each(dir, name string, r *results.Results, document func(results.SubmissionResult) any) (int, error) {
	n := 0
	for _, student := range r.Students() {
		for _, s := range student.Submissions {
			data, err := JSON(document(s))
			if err != nil {
				return n, err
			}
			at := filepath.Join(dir, student.File, filepath.Base(s.Lab))
			if err := os.MkdirAll(at, 0o755); err != nil {
				return n, err
			}
			if err := os.WriteFile(filepath.Join(at, name), data, 0o644); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// JSON is a document as it is written. Its texts are not escaped for HTML: no system puts JSON into a page.
func JSON(document any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(document)
	return b.Bytes(), err
}

const failed = "The grading failed, for a reason that is not yours. Nothing is lost; it will be graded again."

// why says why no check was run.
func why(s results.SubmissionResult) string {
	switch s.Status {
	case results.Infra:
		return failed
	case results.NotCompiled:
		return "The files do not compile, so no check could run:\n\n" + s.Detail
	case results.Rejected:
		return "The files hold what a submission must not contain, so no check was run. Change this, and hand in again:\n\n" + strings.Join(s.Findings(), "\n")
	}
	return ""
}

// explained is a check's message and hint.
func explained(c results.CheckResult) string {
	message := c.Told()
	if c.Hint == "" {
		return message
	}
	if message != "" {
		message = strings.TrimRight(message, "\n") + "\n\n"
	}
	return message + "Hint: " + c.Hint
}

// title is a check's title, for people.
func title(c results.CheckResult) string {
	if c.Bonus {
		return c.Title + " (bonus)"
	}
	return c.Title
}
