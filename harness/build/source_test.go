package build_test

import (
	"errors"
	"io/fs"
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

// files are a submission of one file, with more texts in helper files of these names.
func files(text string, more ...string) []lab.File {
	all := []lab.File{{Name: "who.go", Data: []byte(text)}}
	for _, name := range more {
		all = append(all, lab.File{Name: name, Data: []byte("package who\n")})
	}
	return all
}

const right = "package who\n\nfunc Am() string { return \"answer\" }\n"

// The go command is not even started: it could not be.
func TestWhatTheParserDoesNotTakeIsNotBuilt(t *testing.T) {
	b, l := kit(t)
	t.Setenv("PATH", "")
	nested := "package who\n\nvar x = " + strings.Repeat("(", 100_100) + "1" + strings.Repeat(")", 100_100) + "\n"
	for _, row := range []struct{ name, text, want string }{
		{"nested deeper than the parser goes", nested, "helper.go:3:100009: exceeded max nesting depth"},
		{"syntax error", "package who\n\nfunc f() { if }\n", "helper.go:3:15: expected operand, found '}'"},
		{"a NUL", "package who\n\x00\n", "helper.go:2:1: illegal character NUL"},
		{"no UTF-8", "package who\n\nvar x = \"\xff\"\n", "helper.go:3:10: illegal UTF-8 encoding"},
		{"UTF-16", "\xff\xfep\x00a\x00", "helper.go:1:1: illegal UTF-8 encoding"},
		{"empty", "", ": expected 'package', found 'EOF'"},
		{"two byte order marks", "\xef\xbb\xbf\xef\xbb\xbfpackage who\n", "helper.go:1:1: illegal byte order mark"},
		{"another package", "package main\n", "helper.go:1:9: it is package main; all files belong to package who"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, perturb := range []bool{false, true} {
				b.Perturb = perturb
				_, err := b.TestFiles(t.Context(), l, append(files(right), lab.File{Name: "helper.go", Data: []byte(row.text)}))
				bad, ok := errors.AsType[*build.CompileError](err)
				require.True(t, ok, "%v", err)
				assert.Contains(t, bad.Output, row.want)
				assert.NotContains(t, bad.Output, b.Root)
			}
		})
	}
}

func TestFilesThatTakeNoPartInABuildMayBeOfAnotherPackage(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)
	bin, err := b.TestFiles(t.Context(), l, append(files(right),
		lab.File{Name: "tool.go", Data: []byte("//go:build ignore\n\npackage main\n")},
		lab.File{Name: "x_plan9.go", Data: []byte("package plan9\n")}))
	require.NoError(t, err)
	assert.Contains(t, run(t, bin), "answer")
}

// What we add to a build neither takes the place of a file of theirs, nor does a file of theirs take its.
func TestNamesOfFilesAreTheAuthors(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)
	write(t, b.Root, "harness/labtest/x.go", "package labtest\n\nfunc init() { println(\"ours is in\") }\n")
	all := files("package who\n\nfunc Am() string { return a + b + c + d + e + f }\n")
	for i, name := range []string{"first.go", "lockstep_first.go", "0.go", "1.go", "who.exe.go", "a b.go"} {
		letter := string(rune('a' + i))
		all = append(all, lab.File{Name: name, Data: []byte("package who\n\nconst " + letter + " = \"" + letter + "\"\n")})
	}
	bin, err := b.TestFiles(t.Context(), l, all)
	require.NoError(t, err)
	out := run(t, bin)
	assert.Contains(t, out, "abcdef")
	assert.Contains(t, out, "ours is in")
	outside := filepath.Join(filepath.Dir(b.Dir), "outside.go")
	for _, row := range []struct {
		name  string
		files []lab.File
		want  string
	}{
		{"ours", files(right, "lockstep-first.go"), "lockstep-first.go: the kit has a file of this name; rename yours"},
		{"ours, for a file system that knows no case", files(right, "Lockstep-First.go"), "the kit has a file of this name"},
		{"twice", files(right, "x.go", "x.go"), "x.go: there are two files of this name"},
		{"a test", files(right, "append_test.go"), "append_test.go: a file of tests is no part of an answer"},
		{"out of the folder", files(right, "../../outside.go"), "cannot be built; rename it"},
		{"in a folder", files(right, "cmd/who/main.go"), "cannot be built; rename it"},
		{"in a folder of Windows", files(right, `cmd\main.go`), "cannot be built; rename it"},
		{"absolute", files(right, outside), "cannot be built; rename it"},
		{"a line of its own", files(right, "x.go:1:1\nfunc init() {}\n//.go"), `func init() {}\n//.go": a file of this name cannot be built`},
		{"no Go", files(right, "x.s"), "cannot be built; rename it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := b.TestFiles(t.Context(), l, row.files)
			bad, ok := errors.AsType[*build.CompileError](err)
			require.True(t, ok, "%v", err)
			assert.Contains(t, bad.Output, row.want)
			assert.NoFileExists(t, outside)
		})
	}
}

func TestMessagesAboutFilesInMemoryNameNoFolderOfThisMachine(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)
	none := func(t *testing.T, text string) {
		t.Helper()
		for _, dir := range []string{b.Root, b.Dir, os.TempDir(), goRoot(t)} {
			assert.NotContains(t, text, dir)
		}
	}
	t.Run("compile error", func(t *testing.T) {
		_, err := b.TestFiles(t.Context(), l, files("package who\n\nimport \"nothing\"\n\nfunc Am() string { return nothing.X }\n"))
		bad, ok := errors.AsType[*build.CompileError](err)
		require.True(t, ok, "%v", err)
		assert.Contains(t, bad.Output, "package nothing is not in std")
		none(t, bad.Output)
	})
	t.Run("a file that is missing", func(t *testing.T) {
		_, err := b.TestFiles(t.Context(), l, []lab.File{{Name: "what.go", Data: []byte("package who\n")}})
		require.IsType(t, &build.MissingError{}, err)
		assert.Equal(t, "the submission has no file who.go; a lab's files keep their names", err.Error())
	})
	t.Run("panic and race", func(t *testing.T) {
		bin, err := b.TestFiles(t.Context(), l, files(`package who

import "strings"

var n int

func Am() string {
	done := make(chan bool)
	go func() { n++; close(done) }()
	n++
	<-done
	return strings.Repeat("x", -n)
}
`, "helper.go"))
		require.NoError(t, err)
		out := run(t, bin)
		require.Contains(t, out, "DATA RACE")
		require.Contains(t, out, "panic: strings: negative Repeat count")
		for _, want := range []string{"  who.go:9 ", "  who.go:10 ", "\twho.go:12 ", "\tlabs/77/who_test.go:9 ", "\t$GOROOT/src/strings/strings.go:"} {
			assert.Contains(t, bin.Neutral(out), want)
		}
		none(t, bin.Neutral(out))

		at := strings.Index(out, "who.go:12")
		reported := out[strings.LastIndex(out[:at], "\t")+1:at] + "who.go"
		data, err := bin.Source(reported)
		require.NoError(t, err, reported)
		assert.Equal(t, bin.Files[0].Data, data)
		for _, name := range []string{
			"who.go", "", "/dev/zero", "/etc/passwd", reported + "x", filepath.Join(b.Root, "labs/77/who.go"), filepath.Dir(reported),
			strings.TrimSuffix(reported, "who.go") + "none.go", strings.TrimSuffix(reported, "who.go") + "../../etc/passwd",
		} {
			_, err := bin.Source(name)
			assert.ErrorIs(t, err, fs.ErrNotExist, name)
		}
	})
}

func TestSourceIsWhatTheAuthorWroteAndIsInMemory(t *testing.T) {
	needs.Time(t)
	b, l := perturbing(t)
	const text = "\xef\xbb\xbfpackage who\r\n\r\nfunc Am() string { return \"answer\" }\r\n"
	from := answer(t, text)
	bin, err := b.Test(t.Context(), l, from)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(from, "who.go")))
	data, err := bin.Source(filepath.Join(from, "who.go"))
	require.NoError(t, err)
	assert.Equal(t, text, string(data))
}

func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

func TestNeutral(t *testing.T) {
	b, l := kit(t)
	bin, err := b.TestFiles(t.Context(), l, files(right))
	require.NoError(t, err)
	root, goroot := filepath.ToSlash(b.Root), goRoot(t)
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "a/b/c.go:1", "a/b/c.go:1"},
		{"a file of the kit's", root + "/harness/labtest/server.go:44 +0x1", "harness/labtest/server.go:44 +0x1"},
		{"Go's", goroot + "/src/io/io.go:12", "$GOROOT/src/io/io.go:12"},
		{"several", "open " + root + "/a: " + root + "/b", "open a: b"},
		{"in quotes", `open "` + root + `/a"`, `open "a"`},
		{"the folder itself", "chdir " + root + ": no such file", "chdir .: no such file"},
		{"the folder itself, at the end", "chdir " + goroot, "chdir $GOROOT"},
		{"a folder beside it", root + "2/a " + root + "-old/a", strings.ReplaceAll(root, filepath.ToSlash(os.TempDir()), "$TMPDIR") + "2/a " + strings.ReplaceAll(root, filepath.ToSlash(os.TempDir()), "$TMPDIR") + "-old/a"},
		{"a longer path that ends so", "/mnt" + goroot + "/a", "/mnt" + goroot + "/a"},
		{"temporary files", filepath.Join(b.Dir, "check-1", "x"), "$TMPDIR/check-1/x"},
		{"home", filepath.Join(home, "notes"), "~/notes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, filepath.FromSlash(row.want), filepath.FromSlash(bin.Neutral(row.text)))
		})
	}
}

// What the author writes is in the compiler's messages too.
func TestWordsOfTheAuthorsAreNoTroubleOfTheMachines(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)
	for _, words := range []string{"no space left on device", "-race requires cgo"} {
		t.Run(words, func(t *testing.T) {
			_, err := b.TestFiles(t.Context(), l, files("package who\n\nfunc Am() string { var x int = \""+words+"\"; return x }\n"))
			bad, ok := errors.AsType[*build.CompileError](err)
			require.True(t, ok, "%v", err)
			assert.Contains(t, bad.Output, "who.go:3:32: cannot use \""+words)
		})
	}
	t.Run("on a line of their own", func(t *testing.T) {
		_, err := b.TestFiles(t.Context(), l, files("package who\n\nfunc Am() string { return 1 + f(`\nSIGXFSZ\nno space left on device\n`) }\n"))
		_, ok := errors.AsType[*build.CompileError](err)
		assert.True(t, ok, "%v", err)
	})
}

func TestMessagesHaveASize(t *testing.T) {
	b, l := kit(t)
	long := strings.Repeat("ü", 1<<18)
	_, err := b.TestFiles(t.Context(), l, files("package who\n\nfunc Am() string { return "+long+" }\n"))
	bad, ok := errors.AsType[*build.CompileError](err)
	require.True(t, ok, "%v", err)
	assert.Less(t, len(bad.Output), 1000)
	assert.True(t, strings.HasSuffix(bad.Output, "ü ..."), bad.Output)

	_, err = b.TestFiles(t.Context(), l, files("package who\n\nfunc Am() string {\n"+strings.Repeat("\"\n", 1000)+"}\n"))
	bad, ok = errors.AsType[*build.CompileError](err)
	require.True(t, ok, "%v", err)
	assert.Less(t, len(strings.Split(bad.Output, "\n")), 25)
}
