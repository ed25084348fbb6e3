// Package collect, of the grader, finds the submissions in a folder, whatever the students or the course's system made
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
//
// Names may have any bytes. Two students never become one: what a student is called from here on is the name of the
// folder as package visible writes it. What one student hands in is bounded, archives and all, and so is what a class holds in
// memory; who is over is a [Problem], and nobody else's.
package collect

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/visible"
)

// A Submission is what one student hands in for one lab.
type Submission struct {
	Student string // as [visible.Name] writes it
	Lab     *lab.Lab
	Files   []lab.File // in order of their names
	from    string     // where they were found, for people
}

func (s Submission) size() int {
	n := 0
	for _, f := range s.Files {
		n += len(f.Data)
	}
	return n
}

// A Problem is something that was found and not taken.
type Problem struct {
	path string // below the folder that was searched
	what string // and what to do about it
}

func (p Problem) String() string { return p.path + ": " + p.what }

// A Collection is what a folder holds.
type Collection struct {
	Submissions []Submission // in order of student and lab
	Problems    []Problem    // nothing was taken from these; a few for each student, and how many more there are
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
	c := &collector{root: root, labs: labs, told: map[string]int{}}
	byStudent := map[string][]entry{}
	for _, e := range entries {
		switch one, ok := named(e); {
		case ok:
			byStudent[one.student] = append(byStudent[one.student], one)
		case !hidden(e.Name()):
			c.problem(one.student, visible.Name(e.Name()), "it is neither a folder nor a .zip or .tar.gz")
		}
	}
	for _, student := range slices.Sorted(maps.Keys(byStudent)) {
		c.student(student, byStudent[student])
	}
	return c.collection(), nil
}

// hidden tells whether a file is none that anybody has handed in: .DS_Store, .gitignore.
func hidden(name string) bool { return strings.HasPrefix(name, ".") }

// An entry is something in the folder that bears a student's name.
type entry struct {
	student string // as [visible.Name] writes it
	name    string
	read    func(root *os.Root, name string, s *shelf) error // puts what is in it on the shelf
	loose   string                                           // the student's number, if this is a file that bears the name, and not a folder of them
}

// named tells whose an entry is. One that is neither a folder nor an archive is not taken.
func named(e fs.DirEntry) (one entry, ok bool) {
	one = entry{student: visible.Name(studentIn(e.Name())), name: e.Name()}
	if e.IsDir() {
		one.read = readDir
		return one, one.name != ".git"
	}
	if !e.Type().IsRegular() || strings.HasPrefix(one.name, "._") { // what macOS puts beside a file
		return one, false
	}
	if a, ok := archiveOf(one.name); ok {
		base := one.name[:len(one.name)-len(a.ext)]
		one.student, one.read = visible.Name(studentIn(cmp.Or(base, one.name))), a.open
		return one, true
	}
	if m := canvasFile.FindStringSubmatch(one.name); m != nil {
		one.student, one.loose, one.read = visible.Name(m[1]), m[2], readLoose(m[3]+".go")
		return one, true
	}
	return one, false
}

// What the course systems make of a student's name and file when all is downloaded at once.
var (
	moodle = regexp.MustCompile(`^(.+?)_\d+_assignsubmission_(?:file|onlinetext)_?$`)
	canvas = regexp.MustCompile(`^([^_]+)_(?:LATE_)?\d+_\d+_.+$`)

	// a loose file; the second upload of append.go is called append-1.go
	canvasFile = regexp.MustCompile(`^([^_]+)_(?:LATE_)?(\d+)_\d+_(\w+?)(?:-\d+)?\.go$`)
)

// studentIn is the name of the student that a folder or an archive (without its extension) is named
// for. Moodle says "Amira Khan_1234567_assignsubmission_file_", Canvas "khanamira_12345_67890_lab04".
func studentIn(name string) string {
	for _, system := range []*regexp.Regexp{moodle, canvas} {
		if m := system.FindStringSubmatch(name); m != nil {
			return m[1]
		}
	}
	return name
}

// A collector is a search that is under way.
type collector struct {
	root        *os.Root
	labs        []*lab.Lab
	submissions []Submission
	held        int // bytes of all of them
	problems    []Problem
	told        map[string]int // how many problems of each student
}

// Limits on what is told of what was not taken.
const (
	maxTold  = 5    // problems of one student
	maxClass = 1000 // of all
	maxSaid  = 500  // characters of one
)

// problem tells of something that was not taken, as far as there is not too much of it. All of it may be a student's words.
func (c *collector) problem(student, path, what string) {
	if c.told[student]++; c.told[student] <= maxTold {
		c.problems = append(c.problems, Problem{short(visible.Line(path)), short(visible.Line(what))})
	}
}

// short leaves out the middle of a text that is too long to read.
func short(text string) string {
	letters := []rune(text)
	if len(letters) <= maxSaid {
		return text
	}
	return string(letters[:maxSaid/2]) + " ... " + string(letters[len(letters)-maxSaid/2:])
}

// collection is what was found, in order.
func (c *collector) collection() *Collection {
	for student, n := range c.told {
		if n > maxTold {
			c.problems = append(c.problems, Problem{short(student), fmt.Sprintf("and %d more", n-maxTold)})
		}
	}
	slices.SortFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.what, b.what))
	})
	if more := len(c.problems) - maxClass; more > 0 {
		c.problems = append(c.problems[:maxClass], Problem{"others", fmt.Sprintf("and %d more", more)})
	}
	slices.SortFunc(c.submissions, func(a, b Submission) int {
		return cmp.Or(strings.Compare(a.Student, b.Student), strings.Compare(a.Lab.ID, b.Lab.ID))
	})
	return &Collection{c.submissions, c.problems}
}

// student reads what bears one name. What does not belong to the first of it that can be read is another one's.
func (c *collector) student(student string, entries []entry) {
	var first entry
	s := &shelf{}
	files := map[string][]byte{}
	for _, e := range entries {
		if first.name != "" && (e.loose == "" || e.loose != first.loose) {
			c.problem(student, visible.Name(e.name), fmt.Sprintf("%s is the name of %s already; rename one of them", student, visible.Name(first.name)))
			continue
		}
		s.files = map[string][]byte{}
		if err := e.read(c.root, e.name, s); err != nil { // all of it or nothing
			c.problem(student, visible.Name(e.name), err.Error())
			continue
		}
		maps.Copy(files, s.files)
		if first.name == "" {
			first = e
		}
	}
	if first.name != "" {
		c.take(student, first.name, files)
	}
}

// take finds the labs among a student's files.
func (c *collector) take(student, from string, files map[string][]byte) {
	found := false
	for _, l := range c.labs {
		dirs := folders(files, l)
		if len(dirs) == 0 {
			continue
		}
		found = true
		at := visible.Name(path.Join(from, dirs[0]))
		if len(dirs) > 1 {
			c.problem(student, visible.Name(path.Join(from, dirs[1])), fmt.Sprintf("lab %s is also in %s, which is nearer to the top and was taken", l.ID, at))
		}
		s := Submission{Student: student, Lab: l, from: at}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			loose := path.Base(dirs[0]) != l.ID // then the files of other labs may lie beside it
			if path.Dir(name) == dirs[0] && (!loose || slices.Contains(l.Files, path.Base(name))) {
				s.Files = append(s.Files, lab.File{Name: path.Base(name), Data: files[name]})
			}
		}
		if err := bounded(s); err != nil {
			c.problem(student, at, err.Error())
			continue
		}
		c.hold(s)
	}
	if !found {
		c.problem(student, visible.Name(from), "there is no lab in it; it should hold folders such as 04 or labs/04 with the lab's Go files")
	}
}

// bounded tells what is too much in a submission.
func bounded(s Submission) error {
	if len(s.Files) > maxFiles {
		return fmt.Errorf("it has %d files for lab %s, and may have %d; hand in the lab's files only", len(s.Files), s.Lab.ID, maxFiles)
	}
	if n := s.size(); n > maxLab {
		return fmt.Errorf("its files for lab %s have %d bytes, and may have %d; hand in the lab's files only", s.Lab.ID, n, maxLab)
	}
	for _, f := range s.Files {
		if len(f.Name) > maxName {
			return fmt.Errorf("the name %q has %d bytes, and may have %d; rename the file", f.Name, len(f.Name), maxName)
		}
	}
	return nil
}

// hold takes a submission. Where a class is too large to be held, its largest submissions make room: those of honest
// students are some kilobytes.
func (c *collector) hold(s Submission) {
	c.submissions = append(c.submissions, s)
	for c.held += s.size(); c.held > maxHeld; {
		at := 0
		for i, other := range c.submissions {
			if other.size() > c.submissions[at].size() {
				at = i
			}
		}
		largest := c.submissions[at]
		c.held -= largest.size()
		c.submissions = slices.Delete(c.submissions, at, at+1)
		c.problem(largest.Student, largest.from, fmt.Sprintf("all submissions have more than %d bytes together, and these %d for lab %s are the most; grade fewer at a time",
			maxHeld, largest.size(), largest.Lab.ID))
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
