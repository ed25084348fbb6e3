// Package answers, of the grader: the answers to a lab of which it is known what they must get. The reference and the styles are right,
// each in its own way; a mistake is wrong in one way that students really find.
//
//	right, err := answers.Right(l)
//	mistakes, err := answers.Mistakes(l)
//	m, err := answers.Find(l, "nolock")
//
// A student's copy of the kit has no solutions, and so no answers.
package answers

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lockstep/harness/lab"
)

// An Answer is what somebody could hand in.
type Answer struct {
	Name  string // reference, stub, or that of a style or a mistake
	Files []lab.File
}

// Right returns the right answers of a lab: the reference first, then its styles by name.
func Right(l *lab.Lab) ([]Answer, error) {
	reference, err := base(l, "reference")
	if err != nil {
		return nil, err
	}
	all := []Answer{{"reference", reference}}
	folders, err := os.ReadDir(filepath.Join(l.Root, l.SolutionDir(), styles))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for _, folder := range folders {
		files, err := base(l, path.Join(styles, folder.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, Answer{folder.Name(), files})
	}
	return all, nil
}

// Stub returns what a student starts from.
func Stub(l *lab.Lab) (Answer, error) {
	files, err := base(l, "stub")
	return Answer{"stub", files}, err
}

// Find returns the answer with this name, which may be a mistake's.
func Find(l *lab.Lab, name string) (Answer, error) {
	if name == "stub" {
		return Stub(l)
	}
	right, err := Right(l)
	if err != nil {
		return Answer{}, err
	}
	for _, a := range right {
		if a.Name == name {
			return a, nil
		}
	}
	m, err := Wrong(l, name)
	return m.Answer, err
}

const (
	styles   = "styles"
	mistakes = "mistakes"
	ending   = ".patch"
)

// base returns the files of what a mistake can be made from: reference, stub, styles/NAME, or another mistake, mistakes/NAME.
func base(l *lab.Lab, name string) ([]lab.File, error) {
	dir := path.Join(l.SolutionDir(), name)
	switch folder, of, _ := strings.Cut(name, "/"); {
	case folder == mistakes:
		m, err := load(l, of)
		if err == nil && strings.HasPrefix(m.Base, mistakes+"/") {
			err = fmt.Errorf("%s is made from a mistake itself; name a right answer, or a mistake that is made from one", name)
		}
		if err == nil {
			err = m.apply(l)
		}
		return m.Files, err
	case name == "reference":
		dir = l.SolutionDir()
	case name == "stub":
		dir = l.Dir()
	case folder != styles || of == "" || !fs.ValidPath(of):
		return nil, fmt.Errorf("there is no base %q; there is reference, stub, styles/NAME and mistakes/NAME", name)
	}
	files, err := lab.Read(filepath.Join(l.Root, filepath.FromSlash(dir)))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no Go file", dir)
	}
	return files, err
}
