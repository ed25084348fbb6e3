package grade

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"lockstep/harness/collect"
	"lockstep/harness/lab"
	"lockstep/harness/results"
)

// keptFile is where the result of a submission is kept; "" if nowhere.
func (g *Grader) keptFile(kit string, s collect.Submission) string {
	if g.Cache == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s %s/%s %t %s %v %d\n", results.Schema, kit, runtime.Version(), runtime.GOOS, runtime.GOARCH, g.Builder.Steer != nil, s.Lab.ID, g.Judge.Sandbox, g.Judge.Effort)
	for _, f := range slices.SortedFunc(slices.Values(s.Files), func(a, b lab.File) int { return strings.Compare(a.Name, b.Name) }) {
		f.AddTo(h)
	}
	return filepath.Join(g.Cache, s.Lab.ID+"-"+hex.EncodeToString(h.Sum(nil))+".json")
}

// Finished counts the results that a folder keeps. One that is not there keeps none.
func Finished(kept string) (int, error) {
	files, err := os.ReadDir(kept)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	n := 0
	for _, f := range files {
		if filepath.Ext(f.Name()) == ".json" {
			n++
		}
	}
	return n, err
}

// read reads the result of a submission. What cannot be read is graded again, and so is what does not fit: other checks, points that do not
// add up, a file that was made for something else.
func read(file string, s collect.Submission) (results.SubmissionResult, bool) {
	if file == "" {
		return results.SubmissionResult{}, false
	}
	kept, err := results.ReadOne(file)
	if err != nil || kept.Status == results.Infra {
		return results.SubmissionResult{}, false
	}
	kept.Student = s.Student // who handed in the same as another one
	return kept, kept.Fits(s.Lab) == nil
}
