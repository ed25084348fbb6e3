package lab_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/stacks"
)

// root is the repository that this test is in.
func root(t *testing.T) string {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	return root
}

func TestEveryLabOfTheKitCanBeRead(t *testing.T) {
	labs, err := lab.All(root(t))
	require.NoError(t, err)
	require.NotEmpty(t, labs)
	for i, l := range labs {
		assert.Equal(t, "lockstep/labs/"+l.ID, l.Package())
		assert.DirExists(t, filepath.Join(l.Root, filepath.FromSlash(l.Dir()), l.Program))
		for _, name := range l.Files {
			assert.FileExists(t, filepath.Join(l.Root, filepath.FromSlash(l.Dir()), name))
		}
		if i > 0 {
			assert.Less(t, labs[i-1].ID, l.ID)
		}
	}
}

func TestFindKnowsALabByNumberNameAndFolder(t *testing.T) {
	for _, name := range []string{"04", "4", "appendlog", "labs/04", "labs/04/", "./labs/04/"} {
		t.Run(name, func(t *testing.T) {
			l, err := lab.Find(root(t), name)
			require.NoError(t, err)
			assert.Equal(t, "04", l.ID)
			assert.Equal(t, "appendlog", l.Name)
			assert.Equal(t, "solutions/04", l.SolutionDir())
		})
	}
}

func TestFindTellsWhichLabsThereAre(t *testing.T) {
	labs, err := lab.All(root(t))
	require.NoError(t, err)
	for _, name := range []string{"", "99", "append", "labs", "labs/99", "../labs/04"} {
		t.Run(name, func(t *testing.T) {
			_, err := lab.Find(root(t), name)
			unknown, ok := errors.AsType[*lab.UnknownError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, name, unknown.Name)
			for _, l := range labs {
				assert.ErrorContains(t, err, l.ID+" "+l.Name)
			}
		})
	}
}

func TestCheckIsFoundByItsName(t *testing.T) {
	l, err := lab.Find(root(t), "04")
	require.NoError(t, err)
	c, ok := l.Check("TestScenario3")
	assert.True(t, ok)
	assert.Equal(t, "TestScenario3", c.Name)
	_, ok = l.Check("TestScenario")
	assert.False(t, ok)
}

func TestRootIsTheNearestFolderWithTheModuleOfTheKit(t *testing.T) {
	for name, module := range map[string]string{
		"as it is":           "module lockstep\n\ngo 1.26.0\n",
		"with Windows' ends": "module lockstep\r\n\r\ngo 1.26.0\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			kit := t.TempDir()
			write(t, filepath.Join(kit, "go.mod"), module)
			write(t, filepath.Join(kit, "labs", "04", "my", "go.mod"), "module lockstep/my\n")
			for _, below := range []string{".", "labs", "labs/04", "labs/04/my"} {
				got, err := lab.Root(filepath.Join(kit, below))
				require.NoError(t, err)
				assert.Equal(t, kit, got)
			}
		})
	}
}

func TestRootOutsideTheKitSaysWhereToGo(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "go.mod"), "module lockstepping\n")
	_, err := lab.Root(outside)
	require.ErrorContains(t, err, outside)
	assert.ErrorContains(t, err, "change to the folder that holds labs and go.mod")
}

func TestAFolderWithoutLabsIsRefused(t *testing.T) {
	_, err := lab.All(t.TempDir())
	assert.ErrorContains(t, err, "holds no labs")
}

const good = `package = "echo"
title = "Echo"
files = ["echo.go", "more.go"]
program = "cmd/echo"

[[check]]
name = "TestEcho"
title = "echoes"
points = 60
concept = "echo"
hints = ["a nudge", "nearly telling"]

[[check]]
name = "TestMore"
title = "echoes more"
points = 40
concept = "echo"
hints = ["a nudge", "another", "nearly telling"]

[[check]]
name = "TestMost"
title = "echoes most"
points = 10
bonus = true
seeds = 3
concept = "echo"
hints = ["a nudge", "nearly telling"]
`

func TestAGoodCatalogueIsRead(t *testing.T) {
	for name, text := range map[string]string{"as it is": good, "with Windows' ends": strings.ReplaceAll(good, "\n", "\r\n")} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, filepath.Join(root, "labs", "09", "lab.toml"), text)
			l, err := lab.Find(root, "echo")
			require.NoError(t, err)
			assert.Equal(t, "09", l.ID)
			assert.Equal(t, root, l.Root)
			assert.Equal(t, []string{"echo.go", "more.go"}, l.Files)
			require.Len(t, l.Checks, 3)
			assert.Equal(t, lab.Check{Name: "TestMost", Title: "echoes most", Points: 10, Bonus: true, Seeds: 3, Hints: []string{"a nudge", "nearly telling"}, Concept: "echo"}, l.Checks[2])
			core, bonus := l.Max()
			assert.Equal(t, 100, core)
			assert.Equal(t, 10, bonus)
		})
	}
}

func TestACatalogueWithAMistakeIsRefused(t *testing.T) {
	for _, c := range []struct{ mistake, instead, of, want string }{
		{"unknown key", `colour = "red"` + "\npoints = 60", "points = 60", "lab.toml:9: unknown key check.colour"},
		{"misspelt key", `titel = "Echo"`, `title = "Echo"`, "lab.toml:2: unknown key titel"},
		{"syntax error", `title = "Echo`, `title = "Echo"`, "lab.toml:2: "},
		{"wrong type", `points = "many"`, "points = 60", "lab.toml:9: "},
		{"text instead of a list", `files = "echo.go"`, `files = ["echo.go", "more.go"]`, "lab.toml:3: "},
		{"no title", `title = ""`, `title = "Echo"`, "title, program, files and at least one check are required"},
		{"no program", "", `program = "cmd/echo"`, "are required"},
		{"no files", "files = []", `files = ["echo.go", "more.go"]`, "are required"},
		{"99 points", "points = 39", "points = 40", "add up to 99 points instead of 100"},
		{"bonus counted as core", "bonus = false", "bonus = true", "add up to 110 points instead of 100"},
		{"no points", "points = 0", "points = 60", "check TestEcho: title, concept and points are required"},
		{"negative points", "points = -10", "points = 10", "check TestMost: title, concept and points are required"},
		{"no concept", `concept = ""`, `concept = "echo"`, "check TestEcho: title, concept and points are required"},
		{"same check twice", `name = "TestEcho"`, `name = "TestMore"`, "check TestEcho stands here twice"},
		{"not a test", `name = "EchoTest"`, `name = "TestEcho"`, `check "EchoTest": the name of a check starts with Test`},
		{"one hint", `hints = ["a nudge"]`, `hints = ["a nudge", "nearly telling"]`, "check TestEcho: two or three hints"},
		{"file elsewhere", `"../more.go"`, `"more.go"`, `files: "../more.go" is not the name of a Go file`},
		{"file in a folder", `"cmd/more.go"`, `"more.go"`, `files: "cmd/more.go" is not the name of a Go file`},
		{"absolute file", `"/more.go"`, `"more.go"`, `files: "/more.go" is not the name of a Go file`},
		{"the checks", `"more_test.go"`, `"more.go"`, `files: "more_test.go" is not the name of a Go file`},
		{"not Go", `"more.txt"`, `"more.go"`, `files: "more.txt" is not the name of a Go file`},
		{"file without a name", `""`, `"more.go"`, `files: "" is not the name of a Go file`},
	} {
		t.Run(c.mistake, func(t *testing.T) {
			root := t.TempDir()
			file := filepath.Join(root, "labs", "09", "lab.toml")
			require.Contains(t, good, c.of)
			write(t, file, strings.Replace(good, c.of, c.instead, 1))
			_, err := lab.All(root)
			require.ErrorContains(t, err, c.want)
			assert.True(t, strings.HasPrefix(err.Error(), file+":"), "%v", err)
		})
	}
}

func TestOwnsTellsStudentsFunctionsFromAllOthers(t *testing.T) {
	for _, c := range []struct {
		what, function string
		want           bool
	}{
		{"function", "lockstep/labs/04.serve", true},
		{"method", "lockstep/labs/04.(*Server).Serve", true},
		{"closure", "lockstep/labs/04.(*Server).Serve.func1", true},
		{"generic function", "lockstep/labs/04.relay[...]", true},
		{"generic method", "lockstep/labs/04.(*queue[...]).push", true},
		{"generic function, spelt out by a check", "lockstep/labs/04.relay[lockstep/labs/04_test.token]", true},
		{"closure in a function that is called like a test file", "lockstep/labs/04.run_test.func1", true},
		{"what the checks of a lab have of their own", "lockstep/labs/04/disk.(*Log).Open", false},
		{"check", "lockstep/labs/04_test.TestScenario3", false},
		{"closure of a check", "lockstep/labs/04_test.TestScenario3.func1", false},
		{"method of a check's type", "lockstep/labs/04_test.(*recorder).Write", false},
		{"harness", "lockstep/harness/labtest.Start", false},
		{"reference", "lockstep/solutions/04.serve", false},
		{"standard library", "net.(*conn).Read", false},
		{"main", "main.main", false},
		{"nothing", "", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			assert.Equal(t, c.want, lab.Owns(stacks.Frame{Func: c.function}))
		})
	}
}

// What the compiler inlines bears the name of the function that it was inlined into.
func TestOwnsLeavesOutWhatWasInlinedFromALibrary(t *testing.T) {
	var library stacks.Frame
	for range maps.Keys(map[int]int{1: 1}) {
		g := stacks.All()[0]
		library, _ = g.Innermost(func(f stacks.Frame) bool { return strings.HasSuffix(f.File, "maps/iter.go") })
	}
	require.NotZero(t, library, "a call of maps.Keys is in the dump")
	_, harness, _, _ := runtime.Caller(0)
	const function = "lockstep/labs/05.(*room).names.Keys[...].func1"
	for file, want := range map[string]bool{
		"/home/amira/05/chat.go": true,
		library.File:             false,
		harness:                  false,
		"/home/amira/go/pkg/mod/golang.org/x/sync@v0.22.0/errgroup/errgroup.go":     false,
		"/home/amira/.cache/lockstep-toolchains/go1.27.4-89dc0a8c/src/maps/iter.go": false,
	} {
		assert.Equal(t, want, lab.Owns(stacks.Frame{Func: function, File: file}), file)
	}
}

// write makes a file and the folders above it.
func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func TestEffortLeavesAloneWhatIsComplete(t *testing.T) {
	c := lab.Check{Name: "TestStories", Stories: 100, Singles: 30, Random: 20}
	assert.Equal(t, lab.Check{Name: "TestStories", Stories: 300, Singles: 30, Random: 60}, c.Times(3))
	assert.Equal(t, lab.Check{Name: "TestStories", Singles: 30}, c.Times(0))
}

func TestTallyCountsCoreAndBonus(t *testing.T) {
	l := &lab.Lab{Checks: []lab.Check{{Name: "A"}, {Name: "B"}, {Name: "C", Bonus: true}, {Name: "D", Bonus: true}}}
	for passed, want := range map[string]string{
		"":     "core: 0 of 2 pass; 2 bonus checks left",
		"AC":   "core: 1 of 2 pass; 1 bonus check left",
		"AB":   "core: all 2 pass; 2 bonus checks left",
		"ABCD": "core: all 2 pass; bonus: all 2",
	} {
		assert.Equal(t, want, l.Tally(func(check string) bool { return strings.Contains(passed, check) }))
	}
	l.Checks = l.Checks[:2]
	assert.Equal(t, "core: all 2 pass", l.Tally(func(string) bool { return true }))
}
