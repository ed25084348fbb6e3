package grade

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
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

// hashKit sums up all that a verdict depends on besides the submission: the kit's own files. What
// instructors and students only read is left out, and so are the answers.
func hashKit(root string) (string, error) {
	h := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "harness", "labs", "scripts"} {
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasSuffix(path, ".md") {
				return err
			}
			data, err := os.ReadFile(path)
			at, _ := filepath.Rel(root, path) // it is below root
			add(h, filepath.ToSlash(at), data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// add adds a file to a sum so that no two lists of files have the same.
func add(h hash.Hash, name string, data []byte) {
	fmt.Fprintf(h, "%q %d\n", name, len(data))
	h.Write(data)
}

// keptFile is where the result of a submission is kept; "" if nowhere.
func (g *Grader) keptFile(kit string, s collect.Submission) string {
	if g.Cache == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s %s/%s %s %v\n", results.Schema, kit, runtime.Version(), runtime.GOOS, runtime.GOARCH, s.Lab.ID, g.Judge.Sandbox)
	for _, f := range slices.SortedFunc(slices.Values(s.Files), func(a, b lab.File) int { return strings.Compare(a.Name, b.Name) }) {
		add(h, f.Name, f.Data)
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
