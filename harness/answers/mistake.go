package answers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/harness/lab"
)

// A Mistake is a wrong answer, kept in solutions/NN/mistakes/NAME.patch: its fields, its story, and what it changes in the answer that it is made from.
type Mistake struct {
	Answer
	Path   string   // of the patch, relative to the root, with slashes
	Base   string   // what it is made from, below solutions/NN: reference, stub, styles/NAME or mistakes/NAME
	Checks []string // each of them catches it, in every run
	Core   bool     // it passes all checks that are no bonus, but for those in Checks
	Varies bool     // what a student is told of it by the first of Checks is not the same in every run
	Story  string

	head  string // fields and story as they are written
	patch patch
}

// Golden is the file that keeps what a student is told of the mistake, relative to the root.
func (m Mistake) Golden() string { return strings.TrimSuffix(m.Path, ending) + ".feedback" }

// Mistakes returns those of a lab, by name.
func Mistakes(l *lab.Lab) ([]Mistake, error) {
	files, err := filepath.Glob(filepath.Join(l.Root, l.SolutionDir(), mistakes, "*"+ending))
	if err != nil {
		return nil, err
	}
	var all []Mistake
	for _, file := range files {
		m, err := Wrong(l, strings.TrimSuffix(filepath.Base(file), ending))
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Wrong returns the mistake with this name.
func Wrong(l *lab.Lab, name string) (Mistake, error) {
	m, err := load(l, name)
	if err == nil {
		err = m.apply(l)
	}
	return m, err
}

// apply makes the files.
func (m *Mistake) apply(l *lab.Lab) error {
	from, err := base(l, m.Base)
	if err != nil {
		return fmt.Errorf("%s: %w", m.Path, err)
	}
	moved, err := m.patch.settle(from)
	if err == nil && len(moved) > 0 {
		err = fmt.Errorf("%s has changed: %s; go run ./harness verify --refresh %s %s", m.Base, strings.Join(moved, ", "), m.Name, l.ID)
	}
	if err == nil {
		m.Files, err = m.patch.apply(from)
	}
	if err != nil {
		return fmt.Errorf("%s does not apply any more: %w", m.Path, err)
	}
	return nil
}

// An UnknownError tells of a mistake that is not there.
type UnknownError struct {
	lab, name string
	have      []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("lab %s has no mistake %q; there is: %s", e.lab, e.name, strings.Join(e.have, ", "))
}

// load reads a mistake without applying it.
func load(l *lab.Lab, name string) (Mistake, error) {
	m := Mistake{Path: path.Join(l.SolutionDir(), mistakes, name+ending)}
	m.Name = name
	text, err := os.ReadFile(filepath.Join(l.Root, filepath.FromSlash(m.Path)))
	if errors.Is(err, fs.ErrNotExist) {
		return m, &UnknownError{l.ID, name, names(l)}
	}
	if err == nil {
		err = m.parse(string(text))
	}
	return m, err
}

func names(l *lab.Lab) []string {
	files, _ := filepath.Glob(filepath.Join(l.Root, l.SolutionDir(), mistakes, "*"+ending)) // the pattern is a good one
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ending)
	}
	return files
}

// Refresh writes a patch anew whose base has changed elsewhere: its lines are looked for where they are now. It returns which
// have moved. Where a line that the mistake changes is not there any more, the mistake has to be made anew, by hand.
//
// If there is a folder of the mistake's name beside the patch, that is what the mistake is to be: the difference goes into the patch, and the
// folder away.
func Refresh(l *lab.Lab, name string) (moved []string, err error) {
	m, err := load(l, name)
	if err != nil {
		return nil, err
	}
	from, err := base(l, m.Base)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	at := filepath.Join(l.Root, filepath.FromSlash(m.Path))
	folder := strings.TrimSuffix(at, ending)
	m.Files, err = lab.Read(folder)
	if errors.Is(err, fs.ErrNotExist) {
		if moved, err = m.patch.settle(from); err == nil {
			m.Files, err = m.patch.apply(from)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	if err := os.WriteFile(at, m.format(from), 0o644); err != nil {
		return nil, err
	}
	return moved, os.RemoveAll(folder)
}

// Unfold writes the files of a mistake into a folder of its name beside the patch, to be edited there. [Refresh] folds them again.
func Unfold(l *lab.Lab, name string) (dir string, err error) {
	m, err := Wrong(l, name)
	if err != nil {
		return "", err
	}
	dir = strings.TrimSuffix(m.Path, ending)
	at := filepath.Join(l.Root, filepath.FromSlash(dir))
	if err := os.Mkdir(at, 0o755); err != nil {
		return "", err
	}
	for _, f := range m.Files {
		if err := os.WriteFile(filepath.Join(at, f.Name), f.Data, 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// find returns the file with this name.
func find(files []lab.File, name string) (lab.File, bool) {
	i := slices.IndexFunc(files, func(f lab.File) bool { return f.Name == name })
	if i < 0 {
		return lab.File{Name: name}, false
	}
	return files[i], true
}
