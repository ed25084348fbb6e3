package build

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	gobuild "go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"lockstep/harness/lab"
)

// A source is somebody's files.
type source struct {
	lab   *lab.Lab
	files []lab.File
	dir   string // what stands in front of their names in messages, panics and race reports
	name  string // of where they are
}

// nowhere is the folder of files in memory. The compiler takes what is not absolute for a name in a folder of this machine.
var nowhere = func() string {
	if runtime.GOOS == "windows" {
		return `C:\submission`
	}
	return "/submission"
}()

// first is the name of a file of ours in the student's package. The gate lets no file of theirs have a dash.
const first = "lockstep-first.go"

// initFirst makes packages of the kit be initialized before the student's variables are: those could change the environment,
// or else what the kit reads when it begins.
func initFirst(packages []string) string {
	text := ""
	for _, path := range packages {
		text += fmt.Sprintf("import _ %q\n", path)
	}
	return text
}

// check looks whether the files can stand for those of the lab, and be what whoever else parses them has seen.
func (s *source) check(root string) error {
	stubs, err := lab.Read(filepath.Join(root, s.lab.Dir()))
	if err != nil {
		return err
	}
	for _, name := range s.lab.Files {
		switch {
		case !has(s.files, name):
			return &MissingError{Dir: s.name, File: name}
		case !has(stubs, name):
			return &MissingError{Dir: filepath.Join(root, s.lab.Dir()), File: name}
		}
	}
	if strings.ContainsAny(s.dir, "\r\n") {
		return fmt.Errorf("%q has a line break in it, and nothing in it can be built; rename the folder", s.dir)
	}
	seen := map[string]bool{}
	for _, f := range s.files {
		switch {
		case !isPlain(f.Name):
			return &CompileError{Output: fmt.Sprintf("%q: a file of this name cannot be built; rename it", f.Name)}
		case strings.HasSuffix(strings.ToLower(f.Name), "_test.go"): // it could stand for the checks, and the gate does not look at it
			return &CompileError{Output: fmt.Sprintf("%s: a file of tests is no part of an answer; leave it out", f.Name)}
		case strings.EqualFold(f.Name, first):
			return &CompileError{Output: fmt.Sprintf("%s: the kit has a file of this name; rename yours", f.Name)}
		case seen[f.Name]:
			return &CompileError{Output: fmt.Sprintf("%s: there are two files of this name", f.Name)}
		}
		seen[f.Name] = true
		if err := s.parse(f, root); err != nil {
			return err
		}
	}
	return nil
}

func has(files []lab.File, name string) bool {
	return slices.ContainsFunc(files, func(f lab.File) bool { return f.Name == name })
}

// isPlain tells whether name is that of a file, and can stand in a //line directive.
func isPlain(name string) bool {
	return filepath.Ext(name) == ".go" && filepath.IsLocal(name) && !strings.ContainsAny(name, `/\`) && !strings.ContainsFunc(name, unicode.IsControl)
}

// parse tells what go/parser has against a file, in its words. The compiler might take it all the same: the parser gives
// up where things are nested too deeply. Nobody could say then what is in it.
func (s *source) parse(f lab.File, root string) error {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, f.Name, s.prepare(f), parser.SkipObjectResolution)
	var list scanner.ErrorList
	if errors.As(err, &list) {
		list.RemoveMultiples()
		var lines []string
		for _, e := range list {
			lines = append(lines, within(root, e.Error()))
		}
		return &CompileError{Output: shorten(lines)}
	}
	if err != nil {
		return &CompileError{Output: err.Error()}
	}
	if s.builds(f) && syntax.Name.Name != s.lab.Name {
		at := within(root, fset.Position(syntax.Name.Pos()).String())
		return &CompileError{Output: fmt.Sprintf("%s: it is package %s; all files belong to package %s", at, syntax.Name.Name, s.lab.Name)}
	}
	return nil
}

// builds tells whether the file takes part in a build on this machine.
func (s *source) builds(f lab.File) bool {
	here := gobuild.Default
	here.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Data)), nil }
	match, err := here.MatchFile(s.dir, f.Name)
	return err == nil && match
}

// within shortens a position in the root as the go command does.
func within(root, at string) string { return strings.TrimPrefix(at, root+string(filepath.Separator)) }

// prepare is a file as the compiler gets it.
func (s *source) prepare(f lab.File) []byte {
	text := bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf")) // a byte order mark is allowed in the first line only
	return append([]byte("//line "+filepath.Join(s.dir, f.Name)+":1:1\n"), text...)
}

// write writes files, which stand for those of s, into a folder for the go command, and returns the overlay file. The
// names in that folder are ours alone. more is what else takes the place of something.
func (s *source) write(files []lab.File, to goal, root, dir string, more map[string]string) (overlay string, err error) {
	stubs, err := lab.Read(filepath.Join(root, s.lab.Dir()))
	if err != nil {
		return "", err
	}
	replace := maps.Clone(more)
	key := func(name string) string { return filepath.Join("labs", s.lab.ID, name) }
	for _, f := range stubs {
		replace[key(f.Name)] = "" // not there, unless they have it
	}
	put := func(name, as string, text []byte) error {
		replace[key(name)] = filepath.Join(dir, as)
		return os.WriteFile(replace[key(name)], text, 0o644)
	}
	for i, f := range files {
		if err := put(f.Name, fmt.Sprintf("%d.go", i), s.prepare(f)); err != nil {
			return "", err
		}
	}
	if err := put(first, "first.go", []byte("package "+s.lab.Name+"\n"+initFirst(to.before))); err != nil {
		return "", err
	}
	if to.quotes {
		file := filepath.Join(dir, "quoted.go")
		if err := os.WriteFile(file, s.quoted(), 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join("harness", "perturb", "quoted", "quoted.go")] = file
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, data, 0o644)
}

// quoted is a package that tells package engine how the files read.
func (s *source) quoted() []byte {
	text := "package quoted\n\nimport \"lockstep/harness/perturb/engine\"\n\nfunc init() {\n"
	for _, f := range s.files {
		text += fmt.Sprintf("\tengine.Quote(%q, %q)\n", filepath.ToSlash(filepath.Join(s.dir, f.Name)), f.Data)
	}
	return []byte(text + "}\n")
}
