// Package collect finds the submissions in a folder, whatever the students or the course's system made
// of it: a folder or an archive for each student, with the labs in it somewhere.
//
//	c, err := collect.Dir("submissions", labs)
//	for _, s := range c.Submissions { ... s.Student, s.Lab, s.Files ... }
//
// A student's part is DIR/STUDENT, a folder, a git checkout, a .zip or a .tar.gz, or a folder with an
// archive in it. In it, a lab's files are those of the folder NN, such as labs/04, that is nearest to the top;
// without one, the files themselves, which have a name of their own in each lab. Go files that are no tests are
// taken, and whatever the gate wants to refuse by name. Nothing is ever written to the disk, and
// nothing outside DIR is read: archives are hostile until proven otherwise.
package collect

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lockstep/harness/lab"
)

// A Submission is what one student hands in for one lab.
type Submission struct {
	Student string
	Lab     *lab.Lab
	Files   []lab.File // in order of their names
	From    string     // where they were found, for people
}

// A Problem is something that was found and not taken.
type Problem struct {
	Path string // below the folder that was searched
	What string // and what to do about it
}

func (p Problem) String() string { return p.Path + ": " + p.What }

// A Collection is what a folder holds.
type Collection struct {
	Submissions []Submission // in order of student and lab
	Problems    []Problem    // nothing was taken from these
}

// Dir searches a folder. An error means that the folder itself could not be read.
func Dir(dir string, labs []*lab.Lab) (*Collection, error) {
	root, err := os.OpenRoot(dir) // links out of it lead nowhere
	if err != nil {
		return nil, fmt.Errorf("submissions: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("submissions: %w", err)
	}
	c := &Collection{}
	parts := map[string]*part{} // by student
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		student, p, err := open(root, e)
		other := parts[student]
		switch {
		case err != nil:
			c.Problems = append(c.Problems, Problem{e.Name(), err.Error()})
		case other == nil:
			parts[student] = p
		case p.loose != "" && p.loose == other.loose: // one of several files
			maps.Copy(other.files, p.files)
		default:
			c.Problems = append(c.Problems, Problem{e.Name(), fmt.Sprintf("%s is the name of %s already; rename one of them", student, other.from)})
		}
	}
	for _, student := range slices.Sorted(maps.Keys(parts)) {
		c.take(student, parts[student], labs)
	}
	slices.SortFunc(c.Submissions, func(a, b Submission) int {
		return cmp.Or(strings.Compare(a.Student, b.Student), strings.Compare(a.Lab.ID, b.Lab.ID))
	})
	return c, nil
}

// A part is what one student handed in.
type part struct {
	from  string
	files map[string][]byte // by path below from, with slashes
	loose string            // the student's number, if this is a file that bears the name, and not a folder of them
}

var errNoSubmission = errors.New("it is neither a folder nor a .zip or .tar.gz")

// open reads one entry of the folder.
func open(root *os.Root, e fs.DirEntry) (student string, p *part, err error) {
	name := e.Name()
	p = &part{from: name}
	if e.IsDir() {
		sub, err := root.OpenRoot(name)
		if err != nil {
			return "", nil, err
		}
		defer sub.Close()
		p.files, err = readFolder(sub)
		return Student(name), p, err
	}
	if !e.Type().IsRegular() {
		return "", nil, errNoSubmission
	}
	for _, a := range archives {
		if strings.HasSuffix(strings.ToLower(name), a.ext) {
			p.files, err = readFile(root, name, a.read)
			return Student(name[:len(name)-len(a.ext)]), p, err
		}
	}
	if m := canvasFile.FindStringSubmatch(name); m != nil {
		p.loose = m[2]
		p.files, err = readFile(root, name, func(f *os.File, _ int64) (map[string][]byte, error) {
			s := &shelf{files: map[string][]byte{}}
			return s.files, s.add(m[3]+".go", f)
		})
		return m[1], p, err
	}
	return "", nil, errNoSubmission
}

// What the course systems make of a student's name and file when all is downloaded at once.
var (
	moodle = regexp.MustCompile(`^(.+?)_\d+_assignsubmission_(?:file|onlinetext)_?$`)
	canvas = regexp.MustCompile(`^([^_]+)_(?:LATE_)?\d+_\d+_.+$`)

	// a loose file; the second upload of append.go is called append-1.go
	canvasFile = regexp.MustCompile(`^([^_]+)_(?:LATE_)?(\d+)_\d+_(\w+?)(?:-\d+)?\.go$`)
)

// Student is the name of the student that a folder or an archive (without its extension) is named
// for. Moodle says "Amira Khan_1234567_assignsubmission_file_", Canvas "khanamira_12345_67890_lab04".
func Student(name string) string {
	for _, system := range []*regexp.Regexp{moodle, canvas} {
		if m := system.FindStringSubmatch(name); m != nil {
			return m[1]
		}
	}
	return name
}

// take finds the labs among a student's files.
func (c *Collection) take(student string, p *part, labs []*lab.Lab) {
	found := false
	for _, l := range labs {
		dirs := folders(p.files, l)
		if len(dirs) == 0 {
			continue
		}
		found = true
		if len(dirs) > 1 {
			c.Problems = append(c.Problems, Problem{path.Join(p.from, dirs[1]),
				fmt.Sprintf("lab %s is also in %s, which is nearer to the top and was taken", l.ID, path.Join(p.from, dirs[0]))})
		}
		s := Submission{Student: student, Lab: l, From: path.Join(p.from, dirs[0])}
		for _, name := range slices.Sorted(maps.Keys(p.files)) {
			loose := path.Base(dirs[0]) != l.ID // then the files of other labs may lie beside it
			if path.Dir(name) == dirs[0] && (!loose || slices.Contains(l.Files, path.Base(name))) {
				s.Files = append(s.Files, lab.File{Name: path.Base(name), Data: p.files[name]})
			}
		}
		c.Submissions = append(c.Submissions, s)
	}
	if !found {
		c.Problems = append(c.Problems, Problem{p.from, "there is no lab in it; it should hold folders such as 04 or labs/04 with the lab's Go files"})
	}
}

var number = regexp.MustCompile(`^\d\d$`) // the folder of a lab

// folders lists the folders that hold a file which students edit in this lab, from the top down: those that have
// the lab's number, or else those in which it lies loose.
func folders(files map[string][]byte, l *lab.Lab) []string {
	var numbered, loose []string
	for name := range files {
		dir := path.Dir(name)
		switch {
		case !slices.Contains(l.Files, path.Base(name)):
		case path.Base(dir) == l.ID:
			numbered = append(numbered, dir)
		case !number.MatchString(path.Base(dir)):
			loose = append(loose, dir)
		}
	}
	dirs := numbered
	if len(dirs) == 0 {
		dirs = loose
	}
	slices.SortFunc(dirs, func(a, b string) int {
		return cmp.Or(strings.Count(a, "/")-strings.Count(b, "/"), strings.Compare(a, b))
	})
	return slices.Compact(dirs)
}

// Write puts the files of a submission into a new folder below dir.
func (s Submission) Write(dir string) (string, error) {
	at, err := os.MkdirTemp(dir, "submission-")
	if err != nil {
		return "", err
	}
	for _, f := range s.Files {
		if err := os.WriteFile(filepath.Join(at, f.Name), f.Data, 0o644); err != nil {
			return "", err
		}
	}
	return at, nil
}
