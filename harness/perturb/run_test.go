package perturb

import (
	"bytes"
	"encoding/json"
	"go/build"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/needs"
	"lockstep/harness/norace"
)

// goCommand runs the go command in this folder.
func goCommand(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func mustGo(t testing.TB, args ...string) string {
	t.Helper()
	out, err := goCommand(args...)
	require.NoError(t, err, "go %s\n%s", strings.Join(args, " "), out)
	return out
}

// An overlay collects files for the go command.
type overlay struct {
	dir     string
	Replace map[string]string
}

func newOverlay(t testing.TB) *overlay { return &overlay{t.TempDir(), map[string]string{}} }

// add puts text in the place of a file, which need not be there. As the kit's build does, it lets
// the compiler believe that it is the file at original.
func (o *overlay) add(t testing.TB, file, original string, text []byte) {
	t.Helper()
	file, err := filepath.Abs(file)
	require.NoError(t, err)
	f, err := os.CreateTemp(o.dir, "*-"+filepath.Base(file))
	require.NoError(t, err)
	_, err = f.Write(append([]byte("//line "+original+":1\n"), text...))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	o.Replace[file] = f.Name()
}

// write returns the name of the file for -overlay.
func (o *overlay) write(t testing.TB) string {
	t.Helper()
	data, err := json.Marshal(o)
	require.NoError(t, err)
	file := filepath.Join(o.dir, "overlay.json")
	require.NoError(t, os.WriteFile(file, data, 0o666))
	return file
}

// Packages with tests of their own, that do not need the insides of the standard library.
var withTests = []string{
	"container/list", "encoding/csv", "net/rpc", "text/scanner", "text/tabwriter", "text/template/parse",
	"golang.org/x/sync/errgroup", "golang.org/x/sync/singleflight",
}

// TestRewrittenPackagesPassTheirTests builds other people's packages under paths of this folder.
func TestRewrittenPackagesPassTheirTests(t *testing.T) {
	needs.Time(t)
	t.Parallel()
	const virtual = "rewritten"
	files := newOverlay(t)
	bin := t.TempDir()
	args := []string{"test", "-c", "-vet=off", "-o", bin + string(filepath.Separator)}
	if norace.Race {
		args = append(args, "-race")
	}
	dirs := map[string]string{}
	var packages []string
	for _, pkg := range withTests {
		dir := filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(pkg))
		if strings.Contains(pkg, ".") {
			dir = strings.TrimSpace(mustGo(t, "list", "-f", "{{.Dir}}", pkg))
		}
		dirs[pkg] = dir
		self := "lockstep/harness/perturb/" + virtual + "/" + pkg
		packages = append(packages, self)
		sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, sources, dir)
		for _, source := range sources {
			text, err := os.ReadFile(source)
			require.NoError(t, err)
			text = bytes.ReplaceAll(text, []byte(`"`+pkg+`"`), []byte(`"`+self+`"`)) // package csv_test imports csv
			text, err = File(source, text)
			require.NoError(t, err)
			files.add(t, filepath.Join(virtual, filepath.FromSlash(pkg), filepath.Base(source)), source, text)
		}
	}
	args = append(args, "-overlay", files.write(t))
	mustGo(t, append(args, packages...)...)
	for _, pkg := range withTests {
		t.Run(pkg, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(filepath.Join(bin, path.Base(pkg)+".test"), "-test.short")
			cmd.Dir = dirs[pkg]
			cmd.Env = append(os.Environ(), "LOCKSTEP_SEED=1", "GORACE=atexit_sleep_ms=50")
			out, err := cmd.CombinedOutput()
			assert.NoError(t, err, "%s", out)
		})
	}
}

// TestCompilerSaysTheSame compiles files with mistakes, as they are and rewritten.
func TestCompilerSaysTheSame(t *testing.T) {
	t.Parallel()
	compile := func(options Options) string {
		files := newOverlay(t)
		sources, err := filepath.Glob("testdata/wrong/*.txt")
		require.NoError(t, err)
		for _, source := range sources {
			text, err := os.ReadFile(source)
			require.NoError(t, err)
			text, err = options.File(source, text)
			require.NoError(t, err)
			name := strings.TrimSuffix(source, ".txt")
			files.add(t, name, "/home/amira/"+filepath.Base(name), text)
		}
		out, err := goCommand("build", "-gcflags=-e", "-overlay", files.write(t), "./testdata/wrong")
		require.Error(t, err)
		return out
	}
	want := compile(Options{NoYields: true, NoSync: true})
	assert.Contains(t, want, `/home/amira/unused.go:3: "sync" imported and not used`)
	assert.Contains(t, want, `/home/amira/wrong.go:12: undefined: undefined`)
	assert.Equal(t, want, strings.ReplaceAll(compile(Options{}), syncPath, "sync"))
}
