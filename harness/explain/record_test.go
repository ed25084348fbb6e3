package explain

import (
	"flag"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// The reports under testdata come from the programs beside them. When a new Go prints them in
// another way, they are made again, which needs a C compiler, by
//
//	go test ./harness/explain -run Explain -record
//
// An archive without a _test.go or main.go file was written by hand and stays as it is.
var record = flag.Bool("record", false, "run the programs in testdata and keep what the detector and the explainer say")

// home is where the recorded programs say they are.
const home = "/home/student/lockstep"

// recordReport runs the program of an archive and puts what it printed into the archive.
func recordReport(t *testing.T, ar *txtar.Archive) {
	t.Helper()
	command := runner(ar)
	if command == nil {
		return
	}
	kit, err := txtar.ParseFile(filepath.Join("testdata", "kit.txtar"))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, txtar.Write(kit, dir))
	require.NoError(t, txtar.Write(ar, dir))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module lockstep\n\ngo 1.26\n"), 0o644))
	cmd := exec.CommandContext(t.Context(), "go", command...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GORACE=")
	out, _ := cmd.CombinedOutput() // a program that races fails; what matters is what it printed
	require.Contains(t, string(out), "WARNING: DATA RACE")
	scrub := strings.NewReplacer(dir, home, build.Default.GOROOT, "/usr/local/go")
	set(ar, "report", scrub.Replace(string(out)))
}

// runner is the go command that makes the program of an archive race, nil if it has none.
func runner(ar *txtar.Archive) []string {
	for _, f := range ar.Files {
		switch {
		case filepath.Base(f.Name) == "main.go":
			return []string{"run", "-race", "./" + filepath.Dir(f.Name)}
		case strings.HasSuffix(f.Name, "_test.go"):
			return []string{"test", "-race", "-count=1", "-timeout=20s", "./" + filepath.Dir(f.Name)}
		}
	}
	return nil
}

// archives lists the archives, without their ending.
func archives(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	require.NoError(t, err)
	var names []string
	for _, p := range paths {
		if name := strings.TrimSuffix(filepath.Base(p), ".txtar"); name != "kit" {
			names = append(names, name)
		}
	}
	require.NotEmpty(t, names)
	return names
}

// content returns a file of an archive, empty if there is none.
func content(ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// set replaces a file of an archive, or adds it at the end.
func set(ar *txtar.Archive, name, text string) {
	for i := range ar.Files {
		if ar.Files[i].Name == name {
			ar.Files[i].Data = []byte(text)
			return
		}
	}
	ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(text)})
}
