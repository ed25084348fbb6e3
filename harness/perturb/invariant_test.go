package perturb

import (
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

// A word is a token of a source file, and where compiler, panics and race reports say it is.
type word struct {
	tok token.Token
	lit string
	at  string
}

// words lists the tokens of a file, without the semicolons that a line end stands for.
func words(name string, src []byte) []word {
	fset := token.NewFileSet()
	file := fset.AddFile(name, -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, 0)
	var all []word
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return all
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		at := fset.Position(pos)
		all = append(all, word{tok, lit, fmt.Sprintf("%s:%d", at.Filename, at.Line)})
	}
}

// What File adds to a file.
var (
	imported = regexp.MustCompile(`; import lockstep_engine_* "` + enginePath + `"`)
	yielded  = regexp.MustCompile(`lockstep_engine_*\.(?:Y|L|Started)\(\d+\); `)
	valued   = regexp.MustCompile(`; lockstep_engine_*\.V\(\d+, \d+, &[\pL\pN_.]+\)`)
	swapped  = regexp.MustCompile(`"` + syncPath + `(/atomic)?"`)

	resembles = regexp.MustCompile("lockstep|`sync`") // a source that has such text itself
)

// original takes out again what File has put in.
func original(rewritten []byte) []byte {
	rewritten = imported.ReplaceAll(valued.ReplaceAll(yielded.ReplaceAll(rewritten, nil), nil), nil)
	return swapped.ReplaceAll(rewritten, []byte(`"sync$1"`))
}

// mustSurvive rewrites a file as a package of its own; see packageMustSurvive.
func mustSurvive(t testing.TB, name string, src []byte) bool {
	t.Helper()
	return packageMustSurvive(t, []lab.File{{Name: name, Data: src}})
}

// packageMustSurvive rewrites a package and fails the test unless the result is one in which everything that was there
// is where it was, and of which the type checker thinks the same. It reports whether the files are Go files at all.
func packageMustSurvive(t testing.TB, files []lab.File) bool {
	t.Helper()
	all, err := Package(files)
	if err != nil {
		require.Empty(t, all, "nothing that is not rewritten comes back")
		return false
	}
	require.Len(t, all, len(files))
	require.Equal(t, complaints(files), complaints(all), "%s", all)
	for i, f := range files {
		require.Equal(t, f.Name, all[i].Name)
		fileMustSurvive(t, f.Name, f.Data, all[i].Data)
	}
	return true
}

func fileMustSurvive(t testing.TB, name string, src, out []byte) {
	t.Helper()
	if _, err := parser.ParseFile(token.NewFileSet(), name, out, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		require.NoError(t, err, "%s:\n%s", name, out)
	}
	if _, err := format.Source(out); err != nil {
		require.NoError(t, err, "%s:\n%s", name, out)
	}
	now := words(name, out)
	i := 0
	for _, w := range words(name, src) {
		for i < len(now) && !w.is(now[i]) {
			i++
		}
		if i == len(now) {
			require.Failf(t, "a word is not where it was", "%s: %s %q\n%s", w.at, w.tok, w.lit, out)
		}
		i++
	}
	if !resembles.Match(src) {
		require.Equal(t, string(src), string(original(out)), name)
	}
}

// is compares but for the paths of the drop-ins.
func (w word) is(now word) bool {
	if path, err := strconv.Unquote(w.lit); err == nil && w.tok == token.STRING && now.lit == strconv.Quote(dropIns[path]) {
		w.lit = strconv.Quote(dropIns[path])
	}
	return w == now
}

// complaints lists what the type checker has against a package: a goto over a variable, a missing return, a variable that
// is not used, a name that is declared twice. Of imports only that of package engine is followed.
func complaints(files []lab.File) []string {
	fset := token.NewFileSet()
	var syntax []*ast.File
	for _, file := range files {
		f, err := parser.ParseFile(fset, file.Name, file.Data, parser.SkipObjectResolution)
		if err != nil {
			return []string{err.Error()}
		}
		syntax = append(syntax, f)
	}
	var all []string
	checker := types.Config{
		Importer: onlyY{},
		Error: func(err error) {
			e := err.(types.Error)
			if at := fset.Position(e.Pos); !strings.HasPrefix(e.Msg, "could not import") {
				all = append(all, fmt.Sprintf("%s:%d: %s", at.Filename, at.Line, e.Msg))
			}
		},
	}
	checker.Check("p", fset, syntax, nil)
	slices.Sort(all)           // unused labels are told in any order
	return slices.Compact(all) // as the compiler does
}

// onlyY imports package engine with nothing but what rewritten files call, and no other.
type onlyY struct{}

func (onlyY) Import(path string) (*types.Package, error) {
	if path != enginePath {
		return nil, errors.New("not here")
	}
	pkg := types.NewPackage(path, "engine")
	site := types.NewParam(token.NoPos, pkg, "site", types.Typ[types.Uint32])
	signature := types.NewSignatureType(nil, nil, nil, types.NewTuple(site), nil, false)
	for _, name := range []string{"Y", "L", "Started"} {
		pkg.Scope().Insert(types.NewFunc(token.NoPos, pkg, name, signature))
	}
	value := types.NewTuple(site, types.NewParam(token.NoPos, pkg, "nth", types.Typ[types.Uint8]), types.NewParam(token.NoPos, pkg, "p", types.Universe.Lookup("any").Type()))
	pkg.Scope().Insert(types.NewFunc(token.NoPos, pkg, "V", types.NewSignatureType(nil, nil, nil, value, nil, false)))
	pkg.MarkComplete()
	return pkg, nil
}
