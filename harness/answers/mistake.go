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

// Mistakes returns those of a lab, by name. Some that do not fit their bases any more are a [StaleError]; they are returned with the others, without files.
func Mistakes(l *lab.Lab) ([]Mistake, error) {
	files, err := filepath.Glob(filepath.Join(l.Root, l.SolutionDir(), mistakes, "*"+ending))
	if err != nil {
		return nil, err
	}
	var all []Mistake
	var stale StaleError
	for _, file := range files {
		m, err := Wrong(l, strings.TrimSuffix(filepath.Base(file), ending))
		if one, ok := errors.AsType[*StaleError](err); ok {
			stale.Lab = l.ID
			for _, s := range one.Of { // which is another one where that is its base
				if !slices.ContainsFunc(stale.Of, func(told Stale) bool { return told.Name == s.Name }) {
					stale.Of = append(stale.Of, s)
				}
			}
		} else if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if len(stale.Of) > 0 {
		return all, &stale
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
	moved, lost := m.patch.settle(from)
	if len(moved)+len(lost) > 0 {
		return &StaleError{l.ID, []Stale{{m.Name, m.Base, moved, lost}}}
	}
	if m.Files, err = m.patch.apply(from); err != nil {
		return fmt.Errorf("%s does not apply: %w", m.Path, err)
	}
	return nil
}

// A StaleError tells of mistakes whose base has changed.
type StaleError struct {
	Lab string
	Of  []Stale
}

// A Stale is one of them.
type Stale struct {
	Name, Base string
	Moved      []string // what is elsewhere now; a sentence each
	Lost       []string // what cannot be changed any more, for its lines are gone; a hunk each
}

func (e *StaleError) Error() string {
	var lines, moved, lost []string
	for _, s := range e.Of {
		if len(s.Lost) > 0 {
			lost = append(lost, s.Name)
			lines = append(lines, fmt.Sprintf("%s: lines of %s that it changes, or that stand beside them, are not there any more", s.Name, s.Base))
		} else {
			moved = append(moved, s.Name)
			lines = append(lines, fmt.Sprintf("%s: %s has changed: %s", s.Name, s.Base, strings.Join(s.Moved, ", ")))
		}
	}
	for _, advice := range []struct {
		flag, does string
		names      []string
	}{{"refresh", "writes what has moved", moved}, {"unfold", "writes the rest into folders, to be mended there", lost}} {
		if len(advice.names) > 0 {
			lines = append(lines, fmt.Sprintf("go run ./harness verify --%s %s %s %s", advice.flag, strings.Join(advice.names, ","), e.Lab, advice.does))
		}
	}
	return "mistakes of lab " + e.Lab + " do not fit what they are made from any more:\n  " + strings.Join(lines, "\n  ")
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
// have moved. Where they are not there any more, that is a [StaleError], and the mistake is to be unfolded.
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
		var lost []string
		if moved, lost = m.patch.settle(from); len(lost) > 0 {
			return nil, &StaleError{l.ID, []Stale{{m.Name, m.Base, moved, lost}}}
		}
		m.Files, err = m.patch.apply(from)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	if err := os.WriteFile(at, m.format(from), 0o644); err != nil {
		return nil, err
	}
	return moved, os.RemoveAll(folder)
}

// Unfold writes the files of a mistake into a folder of its name beside the patch, to be edited there: those of its base, as long as the patch
// is nothing but fields and story. [Refresh] folds them again. It returns the folder, and which hunks are not in it because their lines are gone.
func Unfold(l *lab.Lab, name string) (dir string, lost []string, err error) {
	m, err := load(l, name)
	if err != nil {
		return "", nil, err
	}
	from, err := base(l, m.Base)
	if err == nil {
		_, lost = m.patch.settle(from)
		m.Files, err = m.patch.apply(from)
	}
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	dir = strings.TrimSuffix(m.Path, ending)
	at := filepath.Join(l.Root, filepath.FromSlash(dir))
	if err := os.Mkdir(at, 0o755); err != nil {
		return "", nil, err
	}
	for _, f := range m.Files {
		if err := os.WriteFile(filepath.Join(at, f.Name), f.Data, 0o644); err != nil {
			return "", nil, err
		}
	}
	return dir, lost, nil
}

// Unfolded lists the folders of mistakes that have not been folded again, relative to the root. Nothing but [Refresh] looks into them.
func Unfolded(l *lab.Lab) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(l.Root, l.SolutionDir(), mistakes))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, path.Join(l.SolutionDir(), mistakes, e.Name()))
		}
	}
	return all, nil
}

// find returns the file with this name.
func find(files []lab.File, name string) (lab.File, bool) {
	i := slices.IndexFunc(files, func(f lab.File) bool { return f.Name == name })
	if i < 0 {
		return lab.File{Name: name}, false
	}
	return files[i], true
}
