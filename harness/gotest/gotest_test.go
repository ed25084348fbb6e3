package gotest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/gotest"
)

// The packages of a module, by folder.
var toys = map[string]string{
	"passes": `package toy

import "testing"

func TestPasses(t *testing.T) { t.Log("nobody reads this") }

func TestRows(t *testing.T) {
	t.Run("here", func(t *testing.T) {})
	t.Run("elsewhere", func(t *testing.T) {
		t.Log("it was looked for")
		t.Skip("there is no moon here:\ngo there")
	})
}

func TestAsked(t *testing.T) { t.Skip("WITHOUT_MOON is set") }

func TestSaysNothing(t *testing.T) { t.SkipNow() }
`,
	"fails": `package toy

import "testing"

func TestPasses(t *testing.T) { t.Log("nobody reads this") }

func TestFails(t *testing.T) {
	t.Run("well", func(t *testing.T) { t.Log("nor this") })
	t.Run("badly", func(t *testing.T) { t.Error("this is wrong") })
}

func TestLeftOut(t *testing.T) { t.Skip("there is no moon here:\ngo there") }
`,
	"panics":  "package toy\n\nimport \"testing\"\n\nfunc TestPanics(t *testing.T) { panic(\"no such luck\") }\n",
	"nothing": "package toy\n\nvar x int = \"\"\n",
	"untried": "package toy\n",
}

// What go test prints, it prints here as well; what it prints of what was left out, it does not.
func TestWhatWasLeftOutIsRead(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	put("go.mod", "module toy\n\ngo 1.26\n")
	for name, text := range toys {
		file := "toy_test.go"
		if !strings.Contains(text, "testing") {
			file = "toy.go"
		}
		put(name+"/"+file, text)
	}
	put("nothing/toy_test.go", toys["passes"])
	cmd := exec.Command("go", "test", "-json", "./...")
	cmd.Dir, cmd.Env = dir, append(gotest.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	require.Error(t, err, "some tests fail")

	var printed strings.Builder
	left, err := gotest.Read(strings.NewReader("go: no JSON\n"+string(out)), &printed)
	require.NoError(t, err)
	moon := "there is no moon here: go there"
	assert.ElementsMatch(t, []gotest.LeftOut{
		{"toy/passes", "TestRows/elsewhere", moon},
		{"toy/passes", "TestAsked", "WITHOUT_MOON is set"},
		{"toy/passes", "TestSaysNothing", "it does not say why"},
		{"toy/fails", "TestLeftOut", moon},
	}, left)
	text := printed.String()
	for _, want := range []string{
		"go: no JSON\n", "ok  \ttoy/passes\t", "FAIL\ttoy/fails\t", "--- FAIL: TestFails/badly ", "this is wrong\n", "panic: no such luck", "FAIL\ttoy/panics\t",
		"nothing/toy.go:3:13: cannot use \"\"", "FAIL\ttoy/nothing [build failed]\n", "?   \ttoy/untried\t[no test files]\n",
	} {
		assert.Contains(t, text, want)
	}
	for _, no := range []string{"nobody reads this", "nor this", "moon", "MOON", "=== RUN", "Action"} {
		assert.NotContains(t, text, no)
	}

	var told strings.Builder
	require.NoError(t, gotest.Tell(&told, left))
	assert.Equal(t, "left out: WITHOUT_MOON is set\n  toy/passes TestAsked\n"+
		"left out: it does not say why\n  toy/passes TestSaysNothing\n"+
		"left out: "+moon+"\n  toy/fails TestLeftOut\n  toy/passes TestRows/elsewhere\n", told.String())
	told.Reset()
	require.NoError(t, gotest.Tell(&told, nil))
	assert.Equal(t, "nothing was left out\n", told.String())
}
