// Package gate, of the grader, says what a submission may contain. It reads Go files as a parser does, not as text, and runs
// nothing.
//
//	files, unreadable, err := gate.Read(dir) // or from memory, as package collect has them
//	findings := append(unreadable, gate.Check(l, files)...)
//	err = gate.Parse(files) // what go/parser does not take is not built
//
// What it refuses has no place in any lab: ways around the checks (an init function runs before them, os.Exit ends
// them, os.Args says which they are), around the race detector (a norace directive), around Go's memory (unsafe,
// assembly, cgo), or around the sandbox (starting programs). Nothing of it is needed: docs/rules.md is the list for
// students. The gate is a first line; it keeps honest mistakes from looking like fraud. What it lets through still
// runs confined, and is believed nothing.
//
// The gate and the compiler must not read one file in two ways, for then the one does not see what the other
// compiles. So the gate resolves no scopes: a name that stands for a package somewhere in a file stands for it
// everywhere in that file, also where a variable has taken it. That can only find too much, and only of what is
// refused by name. The answer for each name of each package is in the folder api; a name that the installed Go
// has and the answers have not is refused. A file whose syntax go/parser does not understand is not looked into and
// must not be compiled: Parse tells.
//
// All functions may be called concurrently.
package gate

import (
	"fmt"
	"slices"
	"strings"

	"lockstep/harness/lab"
)

// A Finding is one thing that a submission must not contain.
type Finding struct {
	Rule   string `json:"rule"`   // import, cgo, directive, ...: what docs/rules.md calls it
	File   string `json:"file"`   // as the student named it, shortened; "" if it is about the submission
	Line   int    `json:"line"`   // 0 if it is about the file
	Detail string `json:"detail"` // what it is: the import's path, the directive
}

// String is a sentence that says what to change.
func (f Finding) String() string {
	text := f.Detail + ": " + remedies[f.Rule]
	switch {
	case f.File == "":
		return text
	case f.Line == 0:
		return f.File + ": " + text
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, text)
}

// remedies say what to do about a finding, by rule.
var remedies = map[string]string{
	"import":      "this package is not for submissions; the lab can be done with the packages that the stub and docs/rules.md name",
	"dot-import":  "import the package under its name",
	"import-name": "two packages have one name in this file; import one of them under another name",
	"cgo":         "the labs are in Go alone; take out import \"C\"",
	"assembly":    "the labs are in Go alone; hand in only .go files",
	"directive":   "directives to the compiler have no place here; take the comment out",
	"body":        "a function of a submission is written in it; give it a body",
	"constraint":  "a submission is built the same way everywhere; take the build constraint out",
	"file-name":   "a file's name is made of lower-case letters, digits and _, and ends in .go; it names no system and no machine",
	"package":     "all files of a submission belong to the lab's package",
	"init":        "init runs before the checks do; do it where it is used, or in Serve",
	"exit":        "this would end the checks with the server; return an error instead",
	"state":       "this belongs to the whole process, and so to the checks too; do without it, or make one of your own",
	"assign":      "this variable is another package's, and so everybody's; use it, and change a copy",
	"stream":      "read from what the lab gives you; os.Stdout and os.Stderr can be printed to, with fmt.Fprintln, log.New, slog.NewTextHandler or by way of io.MultiWriter",
	"descriptor":  "the process has open files that are not yours; use what you have opened or accepted, under its name",
	"detector":    "the race detector has to see everything; take it out",
	"memory":      "where things lie in memory is not for a submission to know; take it out",
	"unknown":     "this is newer than the kit, which has no answer yet whether it does harm; do without it, or ask your instructor",
	"unreadable":  "it is no regular file of reasonable size that can be read",
	"size":        "a lab is a few files of some kilobytes; hand in no more than what it needs",
	"more":        "change what is named above, and look again",
}

// Limits on what is looked at, and on what is told.
const (
	maxSize     = 1 << 20 // bytes of a file
	maxTotal    = 4 << 20 // bytes of all files
	maxFiles    = 100
	maxFindings = 20
	maxText     = 120 // bytes of a name or detail
)

// Check looks at the files that a submission to l consists of: all Go files but tests, which are never taken (many
// hand in the whole folder, with the kit's own checks in it), and whatever else would take part in a build. Findings
// are in order of file and line; of more than 20, the first are told, and how many there are. A file that does not
// parse is looked at as far as its name and its comments go: it must not be built, see [Parse].
func Check(l *lab.Lab, files []lab.File) []Finding {
	files = slices.DeleteFunc(slices.Clone(files), func(f lab.File) bool { return !Built(f.Name) })
	if finding, ok := excess(files); ok {
		return []Finding{finding}
	}
	var all findings
	seen := map[string]bool{}
	sources := make([]*source, 0, len(files))
	for _, f := range files {
		s := look(l, f, seen[f.Name])
		seen[f.Name] = true
		sources = append(sources, s)
	}
	for _, s := range sources {
		s.settleLoans(sources)
		all.take(&s.findings)
	}
	if all.dropped > 0 {
		all.list = append(all.list, Finding{Rule: "more", Detail: "and " + thousands(all.dropped) + " more"})
	}
	return all.list
}

// excess refuses what nobody wants to look at.
func excess(files []lab.File) (Finding, bool) {
	if len(files) > maxFiles {
		return Finding{Rule: "size", Detail: fmt.Sprintf("%s files, of %d at most", thousands(len(files)), maxFiles)}, true
	}
	total := 0
	for _, f := range files {
		total += len(f.Data)
	}
	if total > maxTotal {
		return Finding{Rule: "size", Detail: fmt.Sprintf("%s bytes, of %s at most", thousands(total), thousands(maxTotal))}, true
	}
	return Finding{}, false
}

// findings are the first ones, and how many there are besides.
type findings struct {
	list    []Finding
	dropped int
}

// add adds one of a file, in any order.
func (f *findings) add(finding Finding) {
	if f.list = append(f.list, finding); len(f.list) > 10*maxFindings {
		f.cut()
	}
}

// cut leaves the first ones, by line.
func (f *findings) cut() {
	slices.SortStableFunc(f.list, func(a, b Finding) int { return a.Line - b.Line })
	if over := len(f.list) - maxFindings; over > 0 {
		f.list = f.list[:maxFindings]
		f.dropped += over
	}
}

// take takes over what another file has, behind what is there.
func (f *findings) take(more *findings) {
	more.cut()
	n := min(len(more.list), maxFindings-len(f.list))
	f.list = append(f.list, more.list[:n]...)
	f.dropped += more.dropped + len(more.list) - n
}

// short cuts a text that somebody else wrote, with a mark of it.
func short(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "..."
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
