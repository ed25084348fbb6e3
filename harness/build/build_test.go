package build_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// kit makes a small kit of one lab, whose check prints what the package says of itself. It needs
// nothing but the standard library, so that a build takes a moment.
func kit(t *testing.T) (*build.Builder, *lab.Lab) {
	t.Helper()
	root := t.TempDir()
	write(t, root, "go.mod", "module lockstep\n\ngo 1.26\n")
	for _, first := range []string{"startenv", "norace", "labtest"} {
		write(t, root, "harness/"+first+"/x.go", "package "+first+"\n")
	}
	write(t, root, "labs/77/who.go", "package who\n\nfunc Am() string { return \"stub\" }\n")
	write(t, root, "labs/77/leftover.go", "package who\n\nfunc init() { println(\"the working copy's own file is in\") }\n")
	write(t, root, "labs/77/who_test.go", `package who_test

import (
	"testing"

	who "lockstep/labs/77"
)

func TestWho(t *testing.T) { println(who.Am()) }
`)
	write(t, root, "labs/77/cmd/who/main.go", `package main

import who "lockstep/labs/77"

func main() { println(who.Am()) }
`)
	l := &lab.Lab{ID: "77", Root: root, Name: "who", Files: []string{"who.go"}, Program: "cmd/who"}
	return &build.Builder{Root: root, Dir: t.TempDir()}, l
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// answer makes a folder with somebody's who.go in it.
func answer(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "who.go", text)
	return dir
}

func run(t *testing.T, bin *build.Binary) string {
	t.Helper()
	out, _ := exec.Command(bin.Path).CombinedOutput()
	return string(out)
}

func TestFilesTakeTheStubsPlace(t *testing.T) {
	b, l := kit(t)
	from := answer(t, "package who\n\nfunc Am() string { return helper() }\n")
	write(t, from, "helper.go", "package who\n\nfunc helper() string { return \"answer\" }\n")
	write(t, from, "who_test.go", "package who\n\nthis is no Go, and must not be looked at\n")

	bin, err := b.Test(t.Context(), l, from)
	require.NoError(t, err)
	out := run(t, bin)
	assert.Contains(t, out, "answer")
	assert.NotContains(t, out, "own file is in", "a file that only the stub's folder has was built")

	bin, err = b.Program(t.Context(), l, from)
	require.NoError(t, err)
	assert.Equal(t, "answer\n", run(t, bin))
}

func TestWorkingCopyIsBuiltAsItStands(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)
	bin, err := b.Test(t.Context(), l, "")
	require.NoError(t, err)
	out := run(t, bin)
	assert.Contains(t, out, "stub")
	assert.Contains(t, out, "own file is in")
}

func TestRootThatIsReachedThroughALink(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(b.Root, link); err != nil {
		t.Logf("this system has no links for us (%v), and so nothing to go wrong", err)
		return
	}
	b.Root, l.Root = link, link
	bin, err := b.Test(t.Context(), l, answer(t, "package who\n\nfunc Am() string { return \"answer\" }\n"))
	require.NoError(t, err)
	assert.Contains(t, run(t, bin), "answer", "the stub was built: the overlay's key did not name it")
}

func TestMessagesNameTheAuthorsFile(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)

	t.Run("compile error", func(t *testing.T) {
		from := answer(t, "package who\n\nfunc Am() string { return 1 }\n")
		_, err := b.Test(t.Context(), l, from)
		bad, ok := errors.AsType[*build.CompileError](err)
		require.True(t, ok, "%v", err)
		assert.Contains(t, bad.Output, "who.go:3:27: cannot use 1")
		assert.Contains(t, bad.Output, filepath.Base(from))
		assert.False(t, bad.Checks)
	})
	t.Run("syntax error behind a byte order mark", func(t *testing.T) {
		from := answer(t, "\xef\xbb\xbfpackage who\n\nfunc Am() string { if }\n")
		_, err := b.Test(t.Context(), l, from)
		bad, ok := errors.AsType[*build.CompileError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, filepath.Join(from, "who.go")+":3:23: expected operand, found '}'", bad.Output)
	})
	t.Run("syntax error in the working copy", func(t *testing.T) {
		b, l := kit(t)
		write(t, b.Root, "labs/77/who.go", "package who\n\nfunc Am() string { if }\n")
		_, err := b.Test(t.Context(), l, "")
		bad, ok := errors.AsType[*build.CompileError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, filepath.FromSlash("labs/77/who.go")+":3:23: expected operand, found '}'", bad.Output)
	})
	t.Run("exported name changed", func(t *testing.T) {
		_, err := b.Test(t.Context(), l, answer(t, "package who\n\nfunc IAm() string { return \"\" }\n"))
		bad, ok := errors.AsType[*build.CompileError](err)
		require.True(t, ok, "%v", err)
		assert.True(t, bad.Checks)
		assert.Contains(t, bad.Error(), "leave those as the stub has them")
	})
	t.Run("panic", func(t *testing.T) {
		from := answer(t, "package who\n\nfunc Am() string {\n\tpanic(\"line 4\")\n}\n")
		bin, err := b.Program(t.Context(), l, from)
		require.NoError(t, err)
		assert.Contains(t, run(t, bin), filepath.Join(from, "who.go")+":4")
	})
	t.Run("race", func(t *testing.T) {
		from := answer(t, `package who

var n int

func Am() string {
	done := make(chan bool)
	go func() { n++; close(done) }()
	n++
	<-done
	return ""
}
`)
		bin, err := b.Program(t.Context(), l, from)
		require.NoError(t, err)
		out := run(t, bin)
		assert.Contains(t, out, "DATA RACE")
		assert.Contains(t, out, filepath.Join(from, "who.go")+":7")
		assert.Contains(t, out, filepath.Join(from, "who.go")+":8")
	})
}

func TestMissingFileIsNamed(t *testing.T) {
	b, l := kit(t)
	empty := t.TempDir()
	_, err := b.Test(t.Context(), l, empty)
	missing, ok := errors.AsType[*build.MissingError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, &build.MissingError{Dir: empty, File: "who.go"}, missing)

	_, err = b.Test(t.Context(), l, filepath.Join(empty, "nowhere"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// A lab.toml that names a file which the stub does not have would build the stub, and say nothing.
func TestOverlayKeyThatNamesNothingIsRefused(t *testing.T) {
	b, l := kit(t)
	l.Files = []string{"what.go"}
	from := answer(t, "package who\n")
	write(t, from, "what.go", "package who\n")
	_, err := b.Test(t.Context(), l, from)
	missing, ok := errors.AsType[*build.MissingError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "what.go", missing.File)
}

func TestEndOfTheContextEndsTheBuild(t *testing.T) {
	b, l := kit(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Test(ctx, l, "")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestWhatTheMachineLacksIsToldFromTheAuthorsMistakes(t *testing.T) {
	failed := errors.New("exit status 1")
	for _, row := range []struct {
		name, out string
		err       error
		want      string
	}{
		{"no go command", "", exec.ErrNotFound, "the go command is not in PATH"},
		{"cgo off", "go: -race requires cgo; enable cgo by setting CGO_ENABLED=1\n", failed, "needs cgo"},
		{"no compiler", "# runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in $PATH\n", failed, "needs a C compiler"},
		{"no detector", "go: -race is not supported on linux/386\n", failed, "does not work on this kind of machine"},
		{"full disk", "write /tmp/x: no space left on device\n", failed, "disk is full"},
		{"no network", "go: github.com/x/y@v1.0.0: Get \"https://proxy\": dial tcp: lookup proxy: no such host\n", failed, "cannot be fetched"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tool, ok := errors.AsType[*build.ToolError](build.Diagnose(row.out, row.err))
			require.True(t, ok)
			assert.Contains(t, tool.Lacks, row.want)
			assert.NotEmpty(t, tool.Remedy)
		})
	}
	t.Run("an import that nobody has", func(t *testing.T) {
		err := build.Diagnose("labs/77/who.go:3:8: package nothing is not in std\n", failed)
		bad, ok := errors.AsType[*build.CompileError](err)
		require.True(t, ok)
		assert.Equal(t, "labs/77/who.go:3:8: package nothing is not in std", strings.TrimSpace(bad.Output))
	})
}
