package answers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/answers"
	"lockstep/harness/lab"
)

const (
	reference = "package count\n\n// Up counts.\nfunc Up() {\n\tmu.Lock()\n\tn++\n\tmu.Unlock()\n}\n\n// N is how often.\nfunc N() int {\n\tmu.Lock()\n\tdefer mu.Unlock()\n\treturn n\n}\n"
	unlocked  = "Base: reference\nCaught-By: TestRace: the counter\n\nNobody locks.\n\n" +
		"--- count.go\n+++ count.go\n@@ -2,9 +2,7 @@\n \n // Up counts.\n func Up() {\n-\tmu.Lock()\n \tn++\n-\tmu.Unlock()\n }\n \n // N is how often.\n"
)

// kit is one with a single lab, whose files are given by their names below the root.
func kit(t *testing.T, files map[string]string) *lab.Lab {
	t.Helper()
	l := &lab.Lab{ID: "90", Root: t.TempDir(), Name: "count", Files: []string{"count.go"}}
	write(t, l, "labs/90/count.go", "package count\n")
	write(t, l, "solutions/90/count.go", reference)
	for name, text := range files {
		write(t, l, name, text)
	}
	return l
}

func write(t *testing.T, l *lab.Lab, name, text string) {
	t.Helper()
	file := filepath.Join(l.Root, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

func TestAMistakeIsItsBaseWithTheChange(t *testing.T) {
	l := kit(t, map[string]string{"solutions/90/mistakes/unlocked.patch": unlocked})
	all, err := answers.Mistakes(l)
	require.NoError(t, err)
	require.Len(t, all, 1)
	m := all[0]
	assert.Equal(t, "unlocked", m.Name)
	assert.Equal(t, "reference", m.Base)
	assert.Equal(t, []string{"TestRace"}, m.Checks)
	assert.Equal(t, "Nobody locks.", m.Story)
	assert.False(t, m.Core)
	assert.False(t, m.Varies)
	assert.Equal(t, "solutions/90/mistakes/unlocked.feedback", m.Golden())
	up, _, _ := strings.Cut(reference, "// N is")
	require.Len(t, m.Files, 1)
	assert.True(t, strings.HasPrefix(string(m.Files[0].Data), strings.NewReplacer("\tmu.Lock()\n", "", "\tmu.Unlock()\n", "").Replace(up)), "%s", m.Files[0].Data)
}

func TestAMistakeCanBeMadeFromWhateverThereIs(t *testing.T) {
	const head = "\nCaught-By: TestRace\nCaught-By: TestOther: with words\n    that go on\nCore: passes\nFeedback: varies\n\nOnce upon a time.\n"
	l := kit(t, map[string]string{
		"solutions/90/styles/atomic/count.go":       "package count // atomic\n",
		"solutions/90/mistakes/unlocked.patch":      unlocked,
		"solutions/90/mistakes/like-stub.patch":     "Base: stub" + head,
		"solutions/90/mistakes/like-style.patch":    "Base: styles/atomic" + head + "\n--- /dev/null\n+++ more.go\n@@ -0,0 +1 @@\n+package count\n",
		"solutions/90/mistakes/like-unlocked.patch": "Base: mistakes/unlocked" + head,
	})
	right, err := answers.Right(l)
	require.NoError(t, err)
	require.Len(t, right, 2)
	assert.Equal(t, "reference", right[0].Name)
	assert.Equal(t, "atomic", right[1].Name)
	stub, err := answers.Find(l, "stub")
	require.NoError(t, err)
	of := func(name string) answers.Mistake {
		m, err := answers.Wrong(l, name)
		require.NoError(t, err)
		return m
	}
	assert.Equal(t, stub.Files, of("like-stub").Files)
	assert.Equal(t, of("unlocked").Files, of("like-unlocked").Files)
	assert.Equal(t, append(right[1].Files, lab.File{Name: "more.go", Data: []byte("package count\n")}), of("like-style").Files)
	assert.Equal(t, []string{"TestRace", "TestOther"}, of("like-stub").Checks)
	assert.True(t, of("like-stub").Core)
	assert.True(t, of("like-stub").Varies)
	for _, name := range []string{"reference", "atomic", "stub", "unlocked"} {
		a, err := answers.Find(l, name)
		require.NoError(t, err)
		assert.Equal(t, name, a.Name)
	}
	_, err = answers.Find(l, "nobody")
	assert.ErrorContains(t, err, `lab 90 has no mistake "nobody"; there is: like-stub, like-style, like-unlocked, unlocked`)
}

func TestAMisspeltFieldIsAnError(t *testing.T) {
	for _, c := range []struct{ instead, of, want string }{
		{"Bass: reference", "Base: reference", `mistakes/unlocked.patch:1: there is no field "Bass: reference"`},
		{"Caught by TestRace", "Caught-By: TestRace: the counter", `:2: "Caught by TestRace" is not a field`},
		{"Caught-By: Race", "Caught-By: TestRace: the counter", `:2: "Race" is not the name of a check`},
		{"Caught-By: TestRace\nCore: yes", "Caught-By: TestRace: the counter", `:3: there is no field "Core: yes"`},
		{"Caught-By: TestRace\nBase: stub", "Caught-By: TestRace: the counter", `:3: there is no field "Base: stub"`},
		{"", "Base: reference\n", "a mistake needs"},
		{"", "Nobody locks.\n", "a mistake needs"},
		{"Base: style/atomic", "Base: reference", `there is no base "style/atomic"`},
		{"Base: styles/../..", "Base: reference", `there is no base "styles/../.."`},
		{"Base: styles/none", "Base: reference", "no such file"},
		{"Base: mistakes/none", "Base: reference", `has no mistake "none"`},
		{"Base: mistakes/unlocked", "Base: reference", "is made from a mistake itself"},
		{"@@ -2,9 +2,8 @@", "@@ -2,9 +2,7 @@", "behind line 5"},
	} {
		t.Run(c.want, func(t *testing.T) {
			require.Contains(t, unlocked, c.of)
			l := kit(t, map[string]string{"solutions/90/mistakes/unlocked.patch": strings.Replace(unlocked, c.of, c.instead, 1)})
			_, err := answers.Mistakes(l)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestMistakesThatAreMadeFromEachOtherAreAnError(t *testing.T) {
	const text = "\nCaught-By: TestRace\n\nOnce.\n"
	l := kit(t, map[string]string{"solutions/90/mistakes/a.patch": "Base: mistakes/b" + text, "solutions/90/mistakes/b.patch": "Base: mistakes/a" + text})
	_, err := answers.Wrong(l, "a")
	assert.ErrorContains(t, err, "is made from a mistake itself")
}

func TestAPatchWhoseLinesMovedSaysWhereToAndIsRefreshed(t *testing.T) {
	l := kit(t, map[string]string{"solutions/90/mistakes/unlocked.patch": unlocked})
	before, err := answers.Wrong(l, "unlocked")
	require.NoError(t, err)
	const more = "// A line more.\n"
	write(t, l, "solutions/90/count.go", more+reference)
	_, err = answers.Wrong(l, "unlocked")
	assert.EqualError(t, err, "mistakes of lab 90 do not fit what they are made from any more:\n"+
		"  unlocked: reference has changed: line 2 of count.go is now line 3\n"+
		"  go run ./harness verify --refresh unlocked 90 writes what has moved")

	moved, err := answers.Refresh(l, "unlocked")
	require.NoError(t, err)
	assert.Equal(t, []string{"line 2 of count.go is now line 3"}, moved)
	after, err := answers.Wrong(l, "unlocked")
	require.NoError(t, err)
	assert.Equal(t, more+string(before.Files[0].Data), string(after.Files[0].Data))
	assert.Equal(t, before.Story, after.Story)
	assert.Equal(t, before.Checks, after.Checks)
}

func TestAPatchWhoseLinesAreGoneIsMendedInAFolder(t *testing.T) {
	const second = "@@ -12,4 +12,4 @@\n \tmu.Lock()\n \tdefer mu.Unlock()\n-\treturn n\n+\treturn n + 1\n }\n"
	l := kit(t, map[string]string{"solutions/90/mistakes/unlocked.patch": unlocked + second})
	write(t, l, "solutions/90/count.go", strings.Replace(reference, "n++", "n += 1", 1))
	_, err := answers.Wrong(l, "unlocked")
	require.ErrorContains(t, err, "unlocked: lines of reference that it changes, or that stand beside them, are not there any more\n  go run ./harness verify --unfold unlocked 90")
	_, err = answers.Refresh(l, "unlocked")
	require.ErrorContains(t, err, "--unfold unlocked 90")

	dir, lost, err := answers.Unfold(l, "unlocked")
	require.NoError(t, err)
	require.Len(t, lost, 1)
	assert.True(t, strings.HasPrefix(lost[0], "in count.go\n@@ -2,9 +2,7 @@\n"), "%s", lost[0])
	assert.Contains(t, lost[0], "\n-\tmu.Lock()\n \tn++\n")
	text, err := os.ReadFile(filepath.Join(l.Root, filepath.FromSlash(dir), "count.go"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "return n + 1", "what still fits is done")
	unfolded, err := answers.Unfolded(l)
	require.NoError(t, err)
	assert.Equal(t, []string{dir}, unfolded)

	mine := strings.Replace(strings.Replace(reference, "\tmu.Lock()\n\tn++\n\tmu.Unlock()\n", "\tn += 1\n", 1), "// N is how often.", "// N is how often it was.", 1)
	write(t, l, "solutions/90/mistakes/unlocked/count.go", mine)
	_, err = answers.Refresh(l, "unlocked")
	require.NoError(t, err)
	m, err := answers.Wrong(l, "unlocked")
	require.NoError(t, err)
	assert.Equal(t, mine, string(m.Files[0].Data))
	assert.NoDirExists(t, filepath.Join(l.Root, "solutions/90/mistakes/unlocked"))
}

func TestUnfoldingAndFoldingChangesNothing(t *testing.T) {
	l := kit(t, map[string]string{"solutions/90/mistakes/unlocked.patch": unlocked})
	dir, lost, err := answers.Unfold(l, "unlocked")
	require.NoError(t, err)
	assert.Empty(t, lost)
	assert.Equal(t, "solutions/90/mistakes/unlocked", dir)
	_, _, err = answers.Unfold(l, "unlocked")
	assert.ErrorIs(t, err, os.ErrExist, "what is being edited is not overwritten")
	_, err = answers.Refresh(l, "unlocked")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(l.Root, "solutions/90/mistakes/unlocked.patch"))
	require.NoError(t, err)
	assert.Equal(t, unlocked, string(text))
}

func TestANewMistakeBeginsAsItsBase(t *testing.T) {
	head, _, _ := strings.Cut(unlocked, "\n--- ")
	l := kit(t, map[string]string{"solutions/90/mistakes/unlocked.patch": head})
	dir, _, err := answers.Unfold(l, "unlocked")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(l.Root, filepath.FromSlash(dir), "count.go"))
	require.NoError(t, err)
	assert.Equal(t, reference, string(text))
}

func TestAllMistakesThatDoNotFitAreToldAtOnce(t *testing.T) {
	const gone = "Base: reference\nCaught-By: TestRace\n\nOnce.\n\n--- count.go\n+++ count.go\n@@ -1,2 +1,1 @@\n package count\n-// gone\n"
	l := kit(t, map[string]string{
		"solutions/90/mistakes/a.patch": unlocked, "solutions/90/mistakes/b.patch": unlocked,
		"solutions/90/mistakes/c.patch": gone, "solutions/90/mistakes/d.patch": gone,
	})
	write(t, l, "solutions/90/count.go", "// A line more.\n"+reference)
	_, err := answers.Mistakes(l)
	require.ErrorContains(t, err, "--refresh a,b 90")
	require.ErrorContains(t, err, "--unfold c,d 90")
}

// A patch that is no right Go file's would not be built; here it is enough that the kit's own apply.
func TestAllMistakesOfTheKitApply(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	labs, err := lab.All(root)
	require.NoError(t, err)
	for _, l := range labs {
		all, err := answers.Mistakes(l)
		require.NoError(t, err)
		assert.NotEmpty(t, all, l.ID)
	}
}
