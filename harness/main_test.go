package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main() // to look for a sandbox, as the program does
	testscript.Main(m, map[string]func(){"lockstep": main})
}

// The scripts in testdata say what a person types and what the person then sees. KIT is the folder
// of the kit. A script that changes files makes a copy of the kit first.
func TestScripts(t *testing.T) { play(t, "testdata") }

func TestLongScripts(t *testing.T) {
	needs.Time(t)
	play(t, "testdata/long")
}

func TestScriptsOfTheSandbox(t *testing.T) {
	needs.Time(t)
	needs.Sandbox(t)
	play(t, "testdata/sandbox")
}

func play(t *testing.T, dir string) {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Setenv("KIT", root)
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} {
				value, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return err
				}
				env.Setenv(name, strings.TrimSpace(string(value)))
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "sandbox" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			_, err := sandbox.Find()
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "copykit": copyKit},
	})
}

func TestEachCommandIsInTheDocs(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	var docs strings.Builder
	for _, page := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		docs.Write(text)
	}
	parser, err := newParser()
	require.NoError(t, err)
	for _, command := range parser.Model.Leaves(true) {
		if command.Parent.DefaultCmd == command {
			command = command.Parent // and typed so
		}
		name, _, _ := strings.Cut(command.Path(), " <") // without its arguments
		assert.True(t, strings.Contains(docs.String(), "go run ./harness "+name), "no page has %q", name)
	}
}

// exits STATUS [ARGS...]: the command line ends with this status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits STATUS [ARGS...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec("lockstep", args[1:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, not %d", got, want)
	}
}

// copykit DIR [WITHOUT...]: a copy of the kit, without some of its folders.
func copyKit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: copykit DIR [WITHOUT...]")
	}
	to := ts.MkAbs(args[0])
	for _, name := range []string{"go.mod", "go.sum", "labs", "harness", "scripts", "docs", "solutions"} {
		from := filepath.Join(ts.Getenv("KIT"), name)
		info, err := os.Stat(from)
		ts.Check(err)
		if slices.Contains(args[1:], name) {
			continue
		}
		if info.IsDir() {
			ts.Check(os.CopyFS(filepath.Join(to, name), os.DirFS(from)))
			continue
		}
		data, err := os.ReadFile(from)
		ts.Check(err)
		ts.Check(os.MkdirAll(to, 0o755))
		ts.Check(os.WriteFile(filepath.Join(to, name), data, 0o644))
	}
}
