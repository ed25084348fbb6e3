package skeleton_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/skeleton"
	"lockstep/harness/verify"
)

// kit is a copy of the kit that has no lab.
func kit(t *testing.T) string {
	t.Helper()
	from, err := lab.Root(".")
	require.NoError(t, err)
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, "harness"), os.DirFS(filepath.Join(from, "harness"))))
	require.NoError(t, os.CopyFS(filepath.Join(root, "docs"), os.DirFS(filepath.Join(from, "docs"))))
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(root, name), text, 0o644))
	}
	return root
}

func TestANewLabIsProvedOnceItsBlanksAreFilled(t *testing.T) {
	needs.Time(t)
	root := kit(t)
	files, err := skeleton.Write(root, "12", "relay")
	require.NoError(t, err)
	require.Contains(t, files, "labs/12/relay_test.go")
	require.Contains(t, files, "labs/12/cmd/relay/main.go")
	l, err := lab.Find(root, "relay")
	require.NoError(t, err)
	v := &verify.Verifier{Builder: &build.Builder{Root: root, Dir: t.TempDir(), Perturb: true}, Judge: &judge.Judge{Dir: t.TempDir()}, Runs: 1}
	prove := func() (wrong []string) {
		lines, err := v.Lab(t.Context(), l)
		require.NoError(t, err)
		for _, line := range lines {
			wrong = append(wrong, line.Wrong...)
		}
		return wrong
	}

	blanks, err := skeleton.Left(root, "12")
	require.NoError(t, err)
	require.NotEmpty(t, blanks)
	wrong := prove()
	require.Len(t, wrong, len(blanks), "nothing else is wrong: %s", strings.Join(wrong, "\n"))
	assert.Equal(t, `labs/12/README.md:1: a blank is left: it says "FILL IN"`, wrong[0])

	for _, name := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), skeleton.Blank, "relaying")), 0o644))
	}
	assert.Empty(t, prove())

	// What becomes of it when it is changed.
	v.Only = []string{"inturn"}
	told := filepath.Join(root, "solutions", "12", "mistakes", "inturn.feedback")
	before, err := os.ReadFile(told)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(told, []byte("nothing\n"), 0o644))
	reference := filepath.Join(root, "solutions", "12", "relay.go")
	text, err := os.ReadFile(reference)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(reference, bytes.Replace(text, []byte("defer conn.Close()"), []byte("defer func() { conn.Close() }()"), 1), 0o644))
	wrong = prove()
	require.Len(t, wrong, 2)
	assert.Contains(t, wrong[0], "verify --unfold leftopen,trimmed 12")
	assert.Contains(t, wrong[1], "a student is told something else than before; if it is better now, go run ./harness verify --only inturn --feedback 12")
	require.NoError(t, os.WriteFile(reference, text, 0o644))
	v.Record = true
	assert.Empty(t, prove())
	after, err := os.ReadFile(told)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

func TestNothingIsWrittenOver(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "scripts", "12"), 0o755))
	_, err := skeleton.Write(root, "12", "relay")
	require.ErrorContains(t, err, "is there already; choose another number")
	assert.NoDirExists(t, filepath.Join(root, "labs"))
}

func TestNumbersAndNamesAreWhatGoTakes(t *testing.T) {
	for _, c := range []struct{ number, name string }{{"1", "relay"}, {"012", "relay"}, {"../", "relay"}, {"12", "Relay"}, {"12", "re-lay"}, {"12", "select"}, {"12", ""}, {"12", "1st"}} {
		_, err := skeleton.Write(t.TempDir(), c.number, c.name)
		assert.ErrorContains(t, err, "is not the n", "%+v", c)
	}
}
