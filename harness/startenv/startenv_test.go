package startenv_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/startenv"
)

const programEnv = "STARTENV_PROGRAM"

// Each program is what a student's code might do, in a process that has just started: this test binary again.
var programs = map[string]func(){
	"look": func() {
		fmt.Fprintln(startenv.Stderr(), startenv.Secret("key"), startenv.Opened(), startenv.Seed.Value(), startenv.Server.Set())
		fmt.Fprintln(startenv.Stderr(), os.Environ())
		text, err := io.ReadAll(os.Stdin)
		fmt.Fprintf(startenv.Stderr(), "found %q %v\n", text, err)
		text, _ = io.ReadAll(startenv.Stdin())
		fmt.Fprintf(startenv.Stderr(), "kept %q\n", text)
		fmt.Fprintln(os.Stderr, "printed")
	},
	"change": func() {
		program, dir := startenv.Program(), startenv.Dir()
		os.Args = []string{"/bin/true", "-test.run=^TestOther$"}
		os.Setenv("STARTENV_OTHER", "changed")
		os.Setenv("LOCKSTEP_SEED", "3")
		os.Unsetenv("PATH")
		os.Chdir(os.TempDir())
		io.EOF = io.ErrUnexpectedEOF
		os.Stdout = nil
		fmt.Fprintln(startenv.Stderr(), startenv.Changed())
		fmt.Fprintln(startenv.Stderr(), startenv.Program() == program, startenv.Dir() == dir, startenv.Seed.Value(), startenv.Getenv("STARTENV_OTHER"))
		startenv.Restore()
		now, err := os.Getwd()
		fmt.Fprintln(startenv.Stderr(), os.Getenv("STARTENV_OTHER"), os.Getenv("LOCKSTEP_SEED") == "", os.Getenv("PATH") != "", now == dir, err,
			os.Args[0] == program, io.EOF, os.Stdout != nil)
		fmt.Fprintln(startenv.Stderr(), startenv.Changed())
	},
	"forget": func() {
		fmt.Fprintln(startenv.Stderr(), startenv.Forget("key"), startenv.Secret("key") == "")
	},
}

func TestMain(m *testing.M) {
	if name := startenv.Getenv(programEnv); name != "" {
		programs[name]()
		return
	}
	os.Exit(m.Run())
}

// run starts a process that is told a key, and returns the lines that it writes to its own standard error.
func run(t *testing.T, program, input string, env ...string) []string {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	opening, told, err := startenv.Opening(map[string]string{"key": "sesame"})
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(env, programEnv+"="+program, "STARTENV_OTHER=as it was", "PATH="+os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0", told)
	cmd.Stdin = strings.NewReader(string(opening) + input)
	var out bytes.Buffer
	cmd.Stderr = &out
	require.NoError(t, cmd.Run(), out.String())
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestSecretsComeInFrontOfStandardInput(t *testing.T) {
	lines := run(t, "look", "more\n", startenv.Seed.With("7"))
	require.Len(t, lines, 4, "what is printed is not on the process's own standard error")
	assert.Equal(t, "sesame true 7 false", lines[0])
	assert.NotContains(t, lines[1], "LOCKSTEP")
	assert.NotContains(t, lines[1], "GORACE")
	assert.Equal(t, `found "" <nil>`, lines[2])
	assert.Equal(t, `kept "more\n"`, lines[3], "no byte more than the line was read")
}

// The standard output of a server process belongs to the kit.
func TestWhatAServerPrintsGoesToItsStandardError(t *testing.T) {
	lines := run(t, "look", "", startenv.Server.With("1"))
	assert.Equal(t, "printed", lines[len(lines)-1])
}

func TestWhatWasChangedIsNoticedAndPutBack(t *testing.T) {
	lines := run(t, "change", "", startenv.Seed.With("7"))
	require.Len(t, lines, 4)
	assert.Equal(t, "[the working directory io.EOF os.Args os.Stdout]", lines[0])
	assert.Equal(t, "true true 7 as it was", lines[1])
	assert.Equal(t, "as it was true true true <nil> true EOF true", lines[2])
	assert.Equal(t, "[]", lines[3])
}

func TestForgottenSecretIsGone(t *testing.T) {
	assert.Equal(t, []string{"sesame true"}, run(t, "forget", ""))
}

func TestProcessThatCannotReadItsSecretsEnds(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	_, told, err := startenv.Opening(nil)
	require.NoError(t, err)
	for name, input := range map[string]string{"nothing": "", "no line": `{"key":"sesame"}`, "no JSON": "sesame\n", "no end": strings.Repeat("x", 1<<17)} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), exe)
			cmd.Env, cmd.Stdin = []string{programEnv + "=look", told}, strings.NewReader(input)
			_, err := cmd.Output()
			exit, ok := err.(*exec.ExitError)
			require.True(t, ok, "%v", err)
			assert.Equal(t, 3, exit.ExitCode())
			assert.Contains(t, string(exit.Stderr), "lockstep: ")
		})
	}
}

func TestNothingIsToldToOthers(t *testing.T) {
	assert.False(t, startenv.Opened())
	assert.Empty(t, startenv.Secret("key"))
	assert.Empty(t, startenv.Changed())
}

// Whoever reads a variable of the kit at a time when the student's code has run reads what that code has written.
func TestNobodyElseBesideTheStudentsCodeReadsTheEnvironment(t *testing.T) {
	asks := regexp.MustCompile(`\bos\.(Getenv|LookupEnv|Environ|Getwd|Args|Stdin|Stderr)\b`)
	beside := []string{"labtest", "norace", "memnet", "loopback", "perturb/engine", "perturb/sync", "verdict", "scenario", "host", "stacks", "race", "explain", "lab"}
	allowed := map[string]bool{ // before there is a student's code, or for people
		filepath.Join("labtest", "main.go"): true,
	}
	for _, dir := range beside {
		files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, dir)
		for _, file := range files {
			rel, err := filepath.Rel("..", file)
			require.NoError(t, err)
			if strings.HasSuffix(file, "_test.go") || allowed[rel] {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Empty(t, asks.FindAllString(string(text), -1), "%s: take it from package startenv", rel)
		}
	}
}

// An exported variable that nobody has thought of could be changed unnoticed.
func TestEveryExportedVariableIsKnown(t *testing.T) {
	known := map[string]bool{}
	text, err := os.ReadFile("exported.go")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?:value|slice)\("([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		known[m[1]] = true
	}
	packages := map[string]bool{}
	for name := range known {
		packages[name[:strings.LastIndex(name, ".")]] = true
	}
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		for _, name := range variables(t, path) {
			assert.True(t, known[path+"."+name], "%s.%s", path, name)
		}
	}
}

// variables lists the exported variables of a package of the standard library, for whatever system.
func variables(t *testing.T, path string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goroot(t), "src", filepath.FromSlash(path), "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, path)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		if syntax.Name.Name == "main" {
			continue // it makes the package's tables
		}
		for _, d := range syntax.Decls {
			vars, ok := d.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			for _, spec := range vars.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					if id.IsExported() {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}
