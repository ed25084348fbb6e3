package gate

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

// look checks files that are given as name, text, ...; a text without a package clause gets one.
func look(t *testing.T, files ...string) []Finding {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		text := files[i+1]
		if !strings.Contains(text, "package ") {
			text = "package toy\n\n" + text
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, files[i]), []byte(text), 0o644))
	}
	findings, err := Check(&lab.Lab{Name: "toy", Imports: []string{"go.etcd.io/bbolt"}}, dir)
	require.NoError(t, err)
	return findings
}

func TestWhatIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       Finding
	}{
		{"starts programs", "import (\n\t\"fmt\"\n\t\"os/exec\"\n)\n", Finding{"import", "a.go", 5, "os/exec"}},
		{"looks into memory", "import _ \"unsafe\"\n", Finding{"import", "a.go", 3, "unsafe"}},
		{"talks to the system", "import \"syscall\"\n", Finding{"import", "a.go", 3, "syscall"}},
		{"imports the harness", "import \"lockstep/harness/verdict\"\n", Finding{"import", "a.go", 3, "lockstep/harness/verdict"}},
		{"imports the tests' package", "import \"testing\"\n", Finding{"import", "a.go", 3, "testing"}},
		{"hides a package's name", "import . \"os\"\n", Finding{"dot-import", "a.go", 3, `import . "os"`}},
		{"is C", "import \"C\"\n", Finding{"cgo", "a.go", 3, `import "C"`}},
		{"hides from the detector", "//go:norace\nfunc f() {}\n", Finding{"directive", "a.go", 3, "//go:norace"}},
		{"hides from the detector in a file that does not parse", "//go:norace\nfunc f( {}\n", Finding{"directive", "a.go", 3, "//go:norace"}},
		{"links to what is not exported", "//go:linkname f runtime.f\nfunc f() {}\n", Finding{"directive", "a.go", 3, "//go:linkname f runtime.f"}},
		{"takes in files", "//go:embed x\nvar x string\n", Finding{"directive", "a.go", 3, "//go:embed x"}},
		{"blames other lines", "//line append.go:1\nvar x string\n", Finding{"directive", "a.go", 3, "//line append.go:1"}},
		{"blames other lines in passing", "var x /*line append.go:1:1*/ string\n", Finding{"directive", "a.go", 3, "/*line append.go:1:1*/"}},
		{"is built somewhere only", "//go:build !race\n\npackage toy\n", Finding{"constraint", "a.go", 1, "//go:build !race"}},
		{"is built somewhere only, in the old way", "// +build !race\n\npackage toy\n", Finding{"constraint", "a.go", 1, "// +build !race"}},
		{"is another package", "package other\n", Finding{"package", "a.go", 1, "package other"}},
		{"runs before the checks", "func init() {}\n", Finding{"init", "a.go", 3, "func init"}},
		{"ends the checks", "import \"os\"\n\nfunc f() { os.Exit(0) }\n", Finding{"exit", "a.go", 5, "os.Exit"}},
		{"ends another process", "import \"os\"\n\nvar p = &os.Process{Pid: 1}\n", Finding{"exit", "a.go", 5, "os.Process"}},
		{"blinds the detector", "import \"runtime\"\n\nfunc f() { runtime.RaceDisable() }\n", Finding{"detector", "a.go", 5, "runtime.RaceDisable"}},
		{"writes its memory into a file", "import \"runtime/debug\"\n\nfunc f() { debug.WriteHeapDump(1) }\n", Finding{"memory", "a.go", 5, "runtime/debug.WriteHeapDump"}},
		{"ends the checks by another name", "import o \"os\"\n\nvar f = o.Exit\n", Finding{"exit", "a.go", 5, "os.Exit"}},
		{"ends the checks with a message", "import \"log\"\n\nfunc f() { log.Fatalf(\"\") }\n", Finding{"exit", "a.go", 5, "log.Fatalf"}},
		{"has a body elsewhere", "func f()\n", Finding{"directive", "a.go", 3, "func f has no body"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			findings := look(t, "a.go", row.text)
			require.Len(t, findings, 1)
			assert.Equal(t, row.want, findings[0])
			assert.Contains(t, remedies, findings[0].Rule)
		})
	}
}

func TestWhatIsRefusedByName(t *testing.T) {
	for name, rule := range map[string]string{
		"a_windows.go": "file-name", "a_linux_arm64.go": "file-name", "a_386.go": "file-name", "_a.go": "file-name", ".a.go": "file-name",
		"a.s": "assembly", "A.S": "assembly", "a.c": "assembly", "a.syso": "assembly",
	} {
		findings := look(t, name, "package toy\n")
		if assert.Len(t, findings, 1, name) {
			assert.Equal(t, rule, findings[0].Rule, name)
		}
	}
}

func TestWhatIsAccepted(t *testing.T) {
	assert.Empty(t, look(t,
		"windows.go", "// Nothing is wrong with a name that is a system's and nothing else.\npackage toy\n",
		"a_test.go", "// Tests are not taken.\npackage other\n\nfunc init() { println() }\n",
		"README.md", "not Go\n",
		"a.go", `package toy

import (
	"log/slog"
	"os"

	bolt "go.etcd.io/bbolt"
)

// init is a method, and os a variable: neither is what it looks like. //go:norace in a comment is no
// directive.
type t struct{ Exit func(int) }

func (t) init() {}

func f(os t) { os.Exit(0) }

func g(*bolt.DB) (*os.Root, *slog.Logger) { return nil, nil }
`))
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "large.go"), make([]byte, maxSize+1), 0o644))
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.go")); err != nil {
		t.Logf("no links here, so none are checked: %v", err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "link.go"), make([]byte, maxSize+1), 0o644))
	}
	findings, err := Check(&lab.Lab{Name: "toy"}, dir)
	require.NoError(t, err)
	require.Len(t, findings, 2)
	for i, name := range []string{"large.go", "link.go"} {
		assert.Equal(t, "unreadable", findings[i].Rule)
		assert.Contains(t, findings[i].String(), name+": it ")
	}
}

// Every file of the kit that students see, or might have written, has to pass.
func TestStubsReferencesAndMistakesAreAccepted(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	labs, err := lab.All(root)
	require.NoError(t, err)
	for _, l := range labs {
		files, err := filepath.Glob(filepath.Join(root, "solutions", l.ID, "*", "*", l.Files[0]))
		require.NoError(t, err)
		dirs := []string{filepath.Join(root, l.Dir()), filepath.Join(root, l.SolutionDir())}
		for _, file := range files {
			dirs = append(dirs, filepath.Dir(file))
		}
		for _, dir := range dirs {
			findings, err := Check(l, dir)
			require.NoError(t, err)
			for _, f := range findings {
				t.Errorf("%s: %s", dir, f)
			}
		}
	}
}

func TestRulesPageIsComplete(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, "docs", "rules.md"))
	require.NoError(t, err)
	for rule := range remedies {
		assert.Contains(t, string(page), "`"+rule+"`")
	}
	_, packages, _ := strings.Cut(string(page), "## Packages")
	for _, pkg := range base {
		assert.Contains(t, strings.Fields(packages), pkg)
	}
	for _, packages := range refused {
		for pkg, names := range packages {
			for _, name := range names {
				assert.Contains(t, string(page), "`"+path.Base(pkg)+"."+strings.TrimSuffix(name, "*"))
			}
		}
	}
}
