package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/results"
	"lockstep/harness/visible"
)

// Whatever a folder is called, its student has a result of their own, on one machine and on two, and nothing of the name
// acts where it is printed. Other systems do not have all of these names.
func TestNamesOfEveryKindFromFolderToMerge(t *testing.T) {
	names := []string{
		"\xff", "\xfe", `\xff`, "\xb1\xe8\xb9\xce\xbc\xf6", "amira", "AMIRA", "O\u0308z", "Öz", "\x1b]0;PWNED\x07\x1b[2J", "\u009b31mC1", "\x7fdel", "\u202efdp.exe", "a\nb", "a\rb", " a", "a ", "a  b", "a b",
		".amira", "-rf", "con", "=1+1", "＝1+1", "x;=1+1", "\n=1+1", "\u3164", "\ufffd", "'=1+1", `"`, "<script>", strings.Repeat("\xff", 255), strings.Repeat("김", 85), "a,b|c", "`x`", "~", "x.",
	}
	dir := t.TempDir()
	class := filepath.Join(dir, "class")
	for _, name := range names {
		require.NoError(t, os.MkdirAll(filepath.Join(class, name, "04"), 0o755), "%q", name)
		require.NoError(t, os.WriteFile(filepath.Join(class, name, "04", "append.go"), []byte("package appendlog\n\nfunc init() {}\n// "+visible.Name(name)), 0o644))
	}
	var printed bytes.Buffer
	lockstep := func(args ...string) {
		t.Helper()
		require.Equal(t, done, Run(t.Context(), append([]string{"grade"}, args...), nil, &printed, &printed), "%s", printed.String())
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	lockstep(class, "--no-sandbox", "--out", at("whole"))
	lockstep(class, "--no-sandbox", "--out", at("one"), "--shard", "1/2")
	lockstep(class, "--no-sandbox", "--out", at("two"), "--shard", "2/2")
	lockstep("merge", "--out", at("merged"), at("one"), at("two"))
	lockstep("diff", at("whole/results.json"), at("merged/results.json"))
	assert.Contains(t, printed.String(), "no verdict differs\n")
	lockstep("export", "gradescope", at("merged/results.json"), "--out", at("documents"))

	r, err := results.Read(at("merged/results.json"))
	require.NoError(t, err)
	students := map[string]bool{}
	for _, s := range r.Submissions {
		assert.Equal(t, results.Rejected, s.Status, s.Student)
		students[s.Student] = true
	}
	for _, name := range names {
		assert.True(t, students[visible.Name(name)], "%q", name)
	}
	assert.Len(t, students, len(names))
	for pattern, files := range map[string]int{"merged/feedback/*.md": len(names), "merged/feedback/*.html": len(names), "documents/*/04/results.json": len(names)} {
		found, err := filepath.Glob(at(pattern))
		require.NoError(t, err)
		assert.Len(t, found, files, pattern)
	}

	require.True(t, utf8.Valid(printed.Bytes()))
	for line := range strings.Lines(printed.String()) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			assert.False(t, unicode.In(r, unicode.C, unicode.Zl, unicode.Zp), "%q", line)
		}
	}
}
