// Package lab, of the grader, is the catalogue: which labs there are, which files a student edits, and what each
// check is worth. It reads labs/NN/lab.toml and knows nothing of how anything runs.
//
//	labs, err := lab.All(root)
//	l, err := lab.Find(root, "04") // "4" and "appendlog" do too
//
// A catalogue with a mistake in it is refused with file, line and what to do.
package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// A Lab is one lab.toml.
type Lab struct {
	ID   string `toml:"-"` // the folder under labs: "04"
	Root string `toml:"-"` // the repository

	Name    string   `toml:"package"` // the Go package: appendlog
	Title   string   `toml:"title"`
	Files   []string `toml:"files"`   // what a student edits
	Program string   `toml:"program"` // the folder under cmd
	Imports []string `toml:"imports"` // packages that a submission may import besides those that every lab may
	Role    string   `toml:"role"`    // what a student's code is called; "" is a server
	Free    []string `toml:"free"`    // sentences of the handout by which nothing can be wrong: they allow or explain something
	Checks  []Check  `toml:"check"`
}

// A Check is one test function of the lab.
type Check struct {
	Name    string   `toml:"name"`    // TestScenario3
	Title   string   `toml:"title"`   // a sentence for reports
	Part    string   `toml:"part"`    // the TODO mark in the stub that it belongs to: 04a
	Points  int      `toml:"points"`  // core points add up to 100 in each lab
	Bonus   bool     `toml:"bonus"`   // reported apart
	Seeds   int      `toml:"seeds"`   // under how many seeds it is disturbed where no schedule decides; 0 means one
	Singles int      `toml:"singles"` // how many schedules with one switch are tried at most, behind the plain one
	Random  int      `toml:"random"`  // and how many by lot; with neither, no schedule decides
	Small   bool     `toml:"small"`   // there is a small form of it, for all schedules with one switch (labtest.Size)
	Stories int      `toml:"stories"` // how many stories are played, each under a schedule of its own
	Given   bool     `toml:"given"`   // the stub passes it already, and the student keeps it so
	Proves  []string `toml:"proves"`  // the sentences of the handout that it proves, by number: 2.1
	Hints   []string `toml:"hints"`   // from a nudge to nearly telling
	Concept string   `toml:"concept"` // an anchor in docs/concepts.md
}

// Times is the check with n times as many stories, and schedules by lot.
func (c Check) Times(n int) Check {
	c.Stories, c.Random = c.Stories*n, c.Random*n
	return c
}

// Dir is the lab's folder relative to the root, with slashes.
func (l *Lab) Dir() string { return "labs/" + l.ID }

// Package is the lab's import path.
func (l *Lab) Package() string { return "lockstep/" + l.Dir() }

// ScriptsDir is where the scripts are that its checks play, relative to the root.
func (l *Lab) ScriptsDir() string { return "scripts/" + l.ID }

// SolutionDir is where the reference is, relative to the root. Student releases do not have it.
func (l *Lab) SolutionDir() string { return "solutions/" + l.ID }

// Check returns the check with this name.
func (l *Lab) Check(name string) (Check, bool) {
	for _, c := range l.Checks {
		if c.Name == name {
			return c, true
		}
	}
	return Check{}, false
}

// IsBonus tells whether this is the name of a bonus check.
func (l *Lab) IsBonus(name string) bool {
	c, _ := l.Check(name)
	return c.Bonus
}

// Tally counts the checks that passed, in a line: "core: all 13 pass; 2 bonus checks left".
func (l *Lab) Tally(passed func(check string) bool) string {
	var core, coreLeft, bonus, bonusLeft int
	for _, c := range l.Checks {
		all, left := &core, &coreLeft
		if c.Bonus {
			all, left = &bonus, &bonusLeft
		}
		if *all++; !passed(c.Name) {
			*left++
		}
	}
	text := fmt.Sprintf("core: all %d pass", core)
	if coreLeft > 0 {
		text = fmt.Sprintf("core: %d of %d pass", core-coreLeft, core)
	}
	switch {
	case bonusLeft == 1:
		text += "; 1 bonus check left"
	case bonusLeft > 0:
		text += fmt.Sprintf("; %d bonus checks left", bonusLeft)
	case bonus > 0:
		text += fmt.Sprintf("; bonus: all %d", bonus)
	}
	return text
}

// Max is the sum of the points, core and bonus.
func (l *Lab) Max() (core, bonus int) {
	for _, c := range l.Checks {
		if c.Bonus {
			bonus += c.Points
		} else {
			core += c.Points
		}
	}
	return core, bonus
}

// An UnknownError is returned by [Find] for a lab that is not there.
type UnknownError struct {
	Name string
	have []*Lab
}

func (e *UnknownError) Error() string {
	have := make([]string, len(e.have))
	for i, l := range e.have {
		have[i] = l.ID + " " + l.Name
	}
	return fmt.Sprintf("there is no lab %q; there is: %s", e.Name, strings.Join(have, ", "))
}

// Root finds the repository: the nearest folder, from dir upwards, that holds labs and the module
// file of the kit.
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		mod, err := os.ReadFile(filepath.Join(at, "go.mod"))
		first, _, _ := strings.Cut(string(mod), "\n")
		if err == nil && strings.TrimSpace(first) == "module lockstep" { // git may end lines with \r\n
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not inside the kit; change to the folder that holds labs and go.mod", dir)
		}
	}
}

// All reads every lab under root, in order.
func All(root string) ([]*Lab, error) {
	files, err := filepath.Glob(filepath.Join(root, "labs", "*", "lab.toml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no labs", filepath.Join(root, "labs"))
	}
	var labs []*Lab
	for _, file := range files {
		l, err := read(root, file)
		if err != nil {
			return nil, err
		}
		labs = append(labs, l)
	}
	return labs, nil
}

// Find returns the lab with this number or name; an unknown one is an [UnknownError].
func Find(root, name string) (*Lab, error) {
	labs, err := All(root)
	if err != nil {
		return nil, err
	}
	for _, l := range labs {
		if name == l.ID || name == l.Name || "0"+name == l.ID || filepath.ToSlash(filepath.Clean(name)) == l.Dir() {
			return l, nil
		}
	}
	return nil, &UnknownError{Name: name, have: labs}
}

func read(root, file string) (*Lab, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	l := &Lab{ID: filepath.Base(filepath.Dir(file)), Root: root}
	if err := toml.NewDecoder(strings.NewReader(string(data))).DisallowUnknownFields().Decode(l); err != nil {
		return nil, located(file, err)
	}
	if err := l.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return l, nil
}

// located puts file and line in front of what the decoder found.
func located(file string, err error) error {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, _ := first.Position()
		return fmt.Errorf("%s:%d: unknown key %s", file, line, strings.Join(first.Key(), "."))
	}
	if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ := bad.Position()
		return fmt.Errorf("%s:%d: %w", file, line, err)
	}
	return fmt.Errorf("%s: %w", file, err)
}

func (l *Lab) validate() error {
	if l.Name == "" || l.Title == "" || l.Program == "" || len(l.Files) == 0 || len(l.Checks) == 0 {
		return errors.New("package, title, program, files and at least one check are required")
	}
	for _, f := range l.Files {
		if f != filepath.Base(f) || filepath.Ext(f) != ".go" || strings.HasSuffix(f, "_test.go") {
			return fmt.Errorf("files: %q is not the name of a Go file in the lab's folder", f)
		}
	}
	seen := map[string]bool{}
	for _, c := range l.Checks {
		switch {
		case !strings.HasPrefix(c.Name, "Test"):
			return fmt.Errorf("check %q: the name of a check starts with Test", c.Name)
		case seen[c.Name]:
			return fmt.Errorf("check %s stands here twice", c.Name)
		case c.Title == "" || c.Concept == "" || c.Points <= 0:
			return fmt.Errorf("check %s: title, concept and points are required", c.Name)
		case len(c.Hints) < 2:
			return fmt.Errorf("check %s: two or three hints, from a nudge to nearly telling", c.Name)
		}
		seen[c.Name] = true
	}
	if core, _ := l.Max(); core != 100 {
		return fmt.Errorf("the core checks add up to %d points instead of 100; change the points of some, or write bonus = true where a check is no part of the core", core)
	}
	return nil
}
