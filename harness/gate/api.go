package gate

import (
	"embed"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// What each exported name of each package that a submission may import could do to the checks: a file for each
// package, in base for those that every lab may import, in more for those that some lab.toml adds. It begins with
//
//	package rand "math/rand/v2"
//
// and goes on with entries, each a line and the indented lines behind it: a kind of names, and names. The ordinary
// ones do nothing of interest. In front of others stands what is against them, and behind them, after --, why.
//
//	func Chmod Chown
//	func refuse state Chdir -- the reason
//	var only stream Stdout: fmt.Fprint log.New!Writer .Write * (0) -- for these uses only, otherwise refused
//	func note Getenv -- doubtful, and why it is allowed
//
// Behind the name of what older versions of Go do not have stands the first one that has it: CutLast@go1.27.
//
// The uses are: to be given to a function, as long as nothing in the submission is called Writer; to have a
// method called; to be copied; to be called with 0.
//
// Whoever adds a package or takes up a new Go is told by a test which names are missing, and asks of each: what does it
// change, or tell, that the kit, another check or the judge goes by? A method is refused wherever its name stands behind a
// dot, as types are not known here, so that this is for names which no honest code has for something else.
//
//go:embed api
var api embed.FS

// answers are those for one package.
type answers struct {
	path, name string
	everywhere bool              // every lab may import it
	names      map[string]answer // methods are Type.Name
}

// An answer is the one for a name.
type answer struct {
	name   string // with the package
	kind   string // const, type, var, func, method
	rule   string // the rule that is against it, "" if it is allowed
	only   []string
	reason string
	since  string // the first Go that has it, "" for all that the kit works with
}

var (
	table          = mustLoad()
	refusedMethods = methods()
)

// mustLoad reads the folder api. A mistake in it does not get past the first test.
func mustLoad() map[string]*answers {
	all := map[string]*answers{}
	err := fs.WalkDir(api, "api", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(api, path)
		if err != nil {
			return err
		}
		a, err := load(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		a.everywhere = strings.HasPrefix(path, "api/base/")
		all[a.path] = a
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}

func load(text string) (*answers, error) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n\t", " ")
	head, rest, _ := strings.Cut(text, "\n")
	a := &answers{names: map[string]answer{}}
	if _, err := fmt.Sscanf(head, "package %s %q", &a.name, &a.path); err != nil {
		return nil, err
	}
	for line := range strings.Lines(rest) {
		what, reason, _ := strings.Cut(strings.TrimSpace(line), " -- ")
		names, uses, _ := strings.Cut(what, ": ")
		words := strings.Fields(names)
		if len(words) < 2 || !slices.Contains(kinds, words[0]) {
			return nil, fmt.Errorf("%q is no kind of names, and names", names)
		}
		entry := answer{kind: words[0], reason: reason}
		words = words[1:]
		switch words[0] {
		case "refuse", "only":
			if len(words) < 3 || remedies[words[1]] == "" {
				return nil, fmt.Errorf("%q has no rule, or no names", names)
			}
			if words[0] == "only" {
				entry.only = strings.Fields(uses)
			}
			entry.rule, words = words[1], words[2:]
		case "note":
			words = words[1:]
		}
		for _, word := range words {
			name, since, _ := strings.Cut(word, "@")
			if _, ok := a.names[name]; ok {
				return nil, fmt.Errorf("%s is there twice", name)
			}
			entry.name, entry.since = a.path+"."+name, since
			a.names[name] = entry
		}
	}
	return a, nil
}

var kinds = []string{"const", "type", "var", "func", "method"}

// methods are those that are refused, by their names without the type.
func methods() map[string]answer {
	refused := map[string]answer{}
	for _, path := range slices.Sorted(maps.Keys(table)) {
		for name, a := range table[path].names {
			if a.kind == "method" && a.rule != "" {
				_, method, _ := strings.Cut(name, ".")
				a.name = "." + method
				refused[method] = a
			}
		}
	}
	return refused
}

// declared tells whether the installed Go has an exported name in the package, for those that have no answer. If there
// is none, a variable is called like the package, or the compiler will say that the name is undefined. The version of a
// package that is not Go's own is fixed by go.mod.
func (a *answers) declared(name string) bool {
	if !ast.IsExported(name) || strings.Contains(a.path, ".") {
		return false
	}
	names, _ := installed.LoadOrStore(a.path, sync.OnceValue(func() map[string]bool { return exported(a.path) }))
	all := names.(func() map[string]bool)()
	return all == nil || all[name]
}

var installed sync.Map // a func() map[string]bool by path

// exported lists the names that some file of a package declares, for whatever system; nil if they cannot be read.
func exported(path string) map[string]bool {
	files, _ := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(path), "*.go")) // a pattern without mistakes
	var all map[string]bool
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil
		}
		if all == nil {
			all = map[string]bool{}
		}
		for _, d := range syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					all[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						all[spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, id := range spec.Names {
							all[id.Name] = true
						}
					}
				}
			}
		}
	}
	return all
}
