package build

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lockstep/harness/lab"
)

// A Binary is a compiled lab.
type Binary struct {
	Path    string
	Lab     *lab.Lab
	Files   []lab.File // as their author wrote them
	Steered bool       // a schedule can decide what its checks do
	Without string     // what is missing of a build that is to be graded, as a sentence; "" if nothing is

	dir     string // what the binary takes for the folder of Files
	cleaner cleaner
}

// Source returns the author's text of a file that the binary's panics and race reports name so. It opens nothing: any
// other name is that of no file.
func (b *Binary) Source(reported string) ([]byte, error) {
	name, ok := strings.CutPrefix(filepath.ToSlash(reported), filepath.ToSlash(b.dir)+"/")
	if !ok {
		return nil, fs.ErrNotExist
	}
	for _, f := range b.Files {
		if f.Name == name {
			return f.Data, nil
		}
	}
	return nil, fs.ErrNotExist
}

// Reported are the names that the binary's panics and race reports have for Files.
func (b *Binary) Reported() []string {
	var names []string
	for _, f := range b.Files {
		names = append(names, filepath.ToSlash(b.dir)+"/"+f.Name)
	}
	return names
}

// Neutral takes the folders of this machine out of a text about the binary, so that it says the same everywhere: a file of
// the author's is called append.go, one of the kit's harness/labtest/server.go, one of Go's $GOROOT/src/io/io.go, and one of
// a module go.uber.org/goleak@v1.3.0/leaks.go.
func (b *Binary) Neutral(text string) string { return b.cleaner.clean(text) }

// remove removes the binary and all that was made for it.
func (b *Binary) remove() { os.RemoveAll(filepath.Dir(b.Path)) }

// A cleaner knows folders and what to call them.
type cleaner []folder

type folder struct{ dir, name string } // a file in it is called by its name in the folder if name is ""

// newCleaner knows the folders of b, and that of somebody's files.
func newCleaner(b *Builder, theirs string) cleaner {
	all := []folder{{theirs, ""}, {b.Root, ""}, {b.Dir, "$TMPDIR"}, {os.TempDir(), "$TMPDIR"}}
	if tool, err := goEnv(); err == nil { // or nothing was built
		all = append(all, folder{tool.GOROOT, "$GOROOT"}, folder{tool.GOMODCACHE, ""}, folder{tool.GOCACHE, "$GOCACHE"})
	}
	if home, err := os.UserHomeDir(); err == nil {
		all = append(all, folder{home, "~"})
	}
	var c cleaner
	for _, f := range all {
		dirs := []string{filepath.Clean(f.dir)}
		if real, err := filepath.EvalSymlinks(f.dir); err == nil {
			dirs = append(dirs, real)
		}
		for _, dir := range dirs {
			for _, dir := range []string{dir, filepath.ToSlash(dir)} { // the compiler has slashes everywhere
				if filepath.Dir(dir) != dir {
					c = append(c, folder{dir, f.name})
				}
			}
		}
	}
	slices.SortStableFunc(c, func(a, b folder) int { return cmp.Compare(len(b.dir), len(a.dir)) }) // what lies in another one comes first
	return c
}

func (c cleaner) clean(text string) string {
	for _, f := range c {
		text = f.takeOut(text)
	}
	return text
}

// takeOut calls the folder by its name wherever it stands in a text as a path or at the beginning of one.
func (f folder) takeOut(text string) string {
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(text, f.dir)
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		slash := next == '/' || next == '\\'
		switch {
		case before != "" && inPath(last) || after != "" && !slash && inPath(next):
			out.WriteString(f.dir) // a part of something else
		case !slash:
			out.WriteString(cmp.Or(f.name, "."))
		case f.name == "":
			after = after[1:]
		default:
			out.WriteString(f.name)
		}
		text = after
	}
}

// inPath tells whether a path goes on with r.
func inPath(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(`_-~$/\`, r)
}
