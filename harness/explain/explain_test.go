package explain

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/race"
	"lockstep/harness/stacks"
)

var update = flag.Bool("update", false, "keep what the explainer says in testdata")

// Each archive under testdata holds the source of a student, the report of the race in it, the name of the diagnosis that
// must speak for it, and the explanation that it must get.
func TestExplain(t *testing.T) {
	for _, name := range archives(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".txtar")
			ar, err := txtar.ParseFile(path)
			require.NoError(t, err)
			if *record {
				recordReport(t, ar)
			}
			names, got := explainAll(ar, func(r race.Report) race.Report { return r })
			if *update || *record {
				set(ar, "diagnosis", names)
				set(ar, "want", got)
				require.NoError(t, os.WriteFile(path, txtar.Format(ar), 0o644))
				return
			}
			assert.Equal(t, content(ar, "diagnosis"), names)
			assert.Equal(t, content(ar, "want"), got)
			if !strings.Contains(got, "breaks off") {
				_, other := explainAll(ar, turned)
				assert.Equal(t, got, other, "which access came first is chance")
			}
		})
	}
}

// turned is the same race, caught by the other access.
func turned(r race.Report) race.Report {
	r.Now, r.Before = r.Before, r.Now
	return r
}

// explainAll says of every report, made into another one, what a caller would print, and by which diagnosis.
func explainAll(ar *txtar.Archive, made func(race.Report) race.Report) (names, text string) {
	var files []string
	for _, f := range ar.Files {
		if strings.HasPrefix(f.Name, "labs/") && strings.HasSuffix(f.Name, ".go") && !strings.HasSuffix(f.Name, "_test.go") {
			files = append(files, home+"/"+f.Name)
		}
	}
	explainer := Explainer{
		Files: files,
		Own: func(name string) bool {
			rest, ok := strings.CutPrefix(name, home+"/labs/")
			return ok && !strings.HasSuffix(rest, "_test.go")
		},
		Source: func(name string) ([]byte, error) {
			text := content(ar, strings.TrimPrefix(name, home+"/"))
			if text == "" {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		},
	}
	var b strings.Builder
	seen := map[string]bool{}
	for _, r := range race.Parse(content(ar, "report")) {
		r = made(r)
		if key := r.Key(explainer.Own); !seen[key] {
			seen[key] = true
			b.WriteString(explainer.Explain(r))
			name, _ := explainer.collide(r).diagnose()
			names += name + "\n"
		} else {
			b.WriteString("the same race as above\n")
		}
	}
	return names, b.String()
}

// FuzzExplainText explains whatever a program may print.
func FuzzExplainText(f *testing.F) {
	f.Add("WARNING: DATA RACE\nWrite at 0x0 by goroutine 0:\n  sync/atomic.Int64()\n      :0\nPrevious read at 0x0 by goroutine 0:\n  ()\n      .go:1")
	sources := map[string]string{}
	for _, name := range archives(f) {
		ar, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
		require.NoError(f, err)
		f.Add(content(ar, "report"))
		for _, part := range ar.Files {
			if strings.HasSuffix(part.Name, ".go") && sources[part.Name] == "" {
				sources[part.Name] = string(part.Data)
			}
		}
	}
	explainer := Explainer{
		Own: func(name string) bool { return strings.HasSuffix(name, ".go") },
		Source: func(name string) ([]byte, error) {
			if text := sources[strings.TrimPrefix(name, home+"/")]; text != "" {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		},
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range race.Parse(text) {
			assert.True(t, strings.HasPrefix(explainer.Explain(r), "data race"))
		}
	})
}

// FuzzExplain explains races between any two lines of any source.
func FuzzExplain(f *testing.F) {
	for _, name := range archives(f) {
		ar, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
		require.NoError(f, err)
		for _, part := range ar.Files {
			if filepath.Ext(part.Name) == ".go" {
				f.Add(string(part.Data), "(*Server).handle", "runtime.mapassign", 28, 32, true)
				f.Add(string(part.Data), "(*Server).Serve.func1", "sync/atomic.AddInt64", 13, 20, false)
			}
		}
	}
	f.Fuzz(func(t *testing.T, source, function, via string, now, before int, write bool) {
		at := func(line int) stacks.Frame {
			return stacks.Frame{Func: "lockstep/labs/05." + function, File: "chat.go", Line: line}
		}
		r := race.Report{
			Now: race.Access{
				Write:     true,
				Goroutine: "goroutine 7",
				Stack:     []stacks.Frame{{Func: via, File: "x.go", Line: 1}, at(now), at(before)},
				Created:   []stacks.Frame{at(before)},
			},
			Before: race.Access{
				Write:     write,
				Atomic:    !write,
				Goroutine: "goroutine 8",
				Stack:     []stacks.Frame{at(before)},
			},
		}
		explainer := Explainer{
			Own:    func(file string) bool { return file == "chat.go" },
			Source: func(string) ([]byte, error) { return []byte(source), nil },
		}
		assert.NotEmpty(t, explainer.Explain(r))
	})
}

func TestExplainReadsTheFilesOfTheReport(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "append.go")
	source := "package appendlog\n\nvar n int\n\nfunc add() { n++ }\n"
	require.NoError(t, os.WriteFile(path, []byte(source), 0o644))
	access := race.Access{
		Write:     true,
		Goroutine: "goroutine 7",
		Stack: []stacks.Frame{
			{Func: "lockstep/labs/04.add", File: path, Line: 5},
			{Func: "lockstep/labs/04_test.TestAdd.func1", File: filepath.Join(dir, "append_test.go"), Line: 9},
		},
	}
	got := Explainer{Own: func(file string) bool { return file == path }}.Explain(race.Report{Now: access, Before: access})
	assert.Contains(t, got, "data race on n: two goroutines write it")
	assert.Contains(t, got, "append.go:5  writes it  func add() { n++ }  in add")
}

// The graded build compiles a copy that begins with a line directive.
func TestExplainFollowsLineDirectives(t *testing.T) {
	source := "//line amira.go:1\npackage appendlog\n\nvar n int // here\n\nfunc add() { n++ } // there\n"
	access := race.Access{
		Write:     true,
		Goroutine: "goroutine 7",
		Stack:     []stacks.Frame{{Func: "lockstep/labs/04.add", File: "amira.go", Line: 5}},
	}
	own := func(file string) bool { return file == "amira.go" }
	got := Explainer{Own: own, Source: func(string) ([]byte, error) { return []byte(source), nil }}.
		Explain(race.Report{Now: access, Before: access})
	assert.Contains(t, got, "data race on n: two goroutines write it")
	assert.Contains(t, got, "amira.go:5  writes it  func add() { n++ }  in add")
}
