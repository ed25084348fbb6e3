package grade

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/report"
	"lockstep/harness/results"
)

// refused is the text of an answer that is refused at once, which saves time.
const refused = "package appendlog\n\nfunc init() {}\n"

// handIn writes what a student hands in: files in the folder of lab 04.
func handIn(t *testing.T, dir, student string, files map[string]string) {
	t.Helper()
	dir = filepath.Join(dir, student, "04")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
}

// zipped is an archive with these names, in order, and the same text in each.
func zipped(t *testing.T, text string, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// named are students of these names, each with an answer of its own.
func named(names ...string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		for i, name := range names {
			handIn(t, dir, name, map[string]string{"append.go": refused + strings.Repeat("\n", i)})
		}
	}
}

// A policyFlood has 2.5 million directives.
func policyFlood(t *testing.T, dir string) {
	files := map[string]string{"append.go": "package appendlog\n"}
	for i := range 15 {
		files[fmt.Sprintf("f%02d.go", i)] = "package appendlog\n" + strings.Repeat("//go:\n", 170_000)
	}
	handIn(t, dir, "flood", files)
}

// Greedy archives are a hundred of 17 kB, each with 15 MB in it.
func greedyArchives(t *testing.T, dir string) {
	names := []string{"04/append.go"}
	for i := range 15 {
		names = append(names, fmt.Sprintf("04/f%d.go", i))
	}
	data := zipped(t, "//"+strings.Repeat(" ", 1<<20-2), names...)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "greedy"), 0o755))
	for i := range 100 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "greedy", fmt.Sprintf("%03d.zip", i)), data, 0o644))
	}
}

// A longName is in an archive, and longer than a file system takes.
func longName(t *testing.T, dir string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range []string{"04/append.go", "04/" + strings.Repeat("n", 300) + ".go"} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(refused))}))
		_, err := w.Write([]byte(refused))
		require.NoError(t, err)
	}
	require.NoError(t, errors.Join(w.Close(), z.Close()))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "longfile.tar.gz"), b.Bytes(), 0o644))
}

// classes are attacks by names and sizes, which reach for what reads a whole class.
var classes = []struct {
	name string
	make func(t *testing.T, dir string)
}{
	{"n01: titles and colours for the terminal", named("\x1b]0;PWNED\x07\x1b[2J\x1b[31mred", "\u009b31mC1", "\x7fdel", "\u202efdp.exe")},
	{"n02: formulas for a spreadsheet", named("x;=1+1", "\n=1+1", "\uff1d1+1")},
	{"n03: names that are not UTF-8", named("\xff", "\xfe")},
	{"c7: archives in a folder, each with a limit of its own", greedyArchives},
	{"c12: a name that no file system takes", longName},
	{"cp1: findings without end", policyFlood},
	{"names that one system or another takes for the same", named("amira", "Amira", "\u00e9mile", "e\u0301mile", "amira.", "amira ")},
	{"names that are devices, folders and flags", named("con", "NUL.txt", "-rf", "...", "~", "$(id)", "`id`")},
	{"names that are pages", named("<img src=x onerror=alert(1)>", "<script>alert(1)<", "[a](javascript:alert(1))", "{{.}}", "__proto__", "]]>")},
	{"names as long as names can be", named(strings.Repeat("n", 255), strings.Repeat("\u00e9", 127), strings.Repeat("\u202e", 85), strings.Repeat("n", 254)+"m")},
	{"names that say less than they are", named("a\u200bb", "a\u2060b", "a\u00adb", "\ufeffab", "a\u3000b", "\u2066b\u2069")},
	{"files that lead out of an archive, or are there twice", func(t *testing.T, dir string) {
		data := zipped(t, refused, "04/append.go", "04/append.go", "04/APPEND.GO", "04/../../append.go", "/04/append.go", `04\append.go`, "04/append.go\x00.go", "04/\x1b[2J.go", "C:/04/append.go")
		require.NoError(t, os.WriteFile(filepath.Join(dir, "crafty.zip"), data, 0o644))
	}},
	{"files of every name", func(t *testing.T, dir string) {
		handIn(t, dir, "namer", map[string]string{"append.go": "package appendlog\n", "\x1b[2J.go": refused, "\xff.go": refused, "\u202eog.txt.go": refused, "append.go:7:1.go": refused, "-x.go": refused, "con.go": refused, "<img>.go": refused})
	}},
}

func TestHostileNamesAndSizesHarmNobody(t *testing.T) {
	needs.Time(t)
	confined := needs.Sandbox(t)
	root, err := lab.Root(".")
	require.NoError(t, err)
	found, err := lab.Find(root, "04")
	require.NoError(t, err)
	l := *found
	l.Checks = slices.DeleteFunc(slices.Clone(l.Checks), func(c lab.Check) bool { return c.Name != "TestScenario1" })
	reference, err := os.ReadFile(filepath.Join(root, l.SolutionDir(), "append.go"))
	require.NoError(t, err)
	builder, _, err := build.Graded(root, t.TempDir())
	require.NoError(t, err)
	builder.Sandbox = confined
	g := &Grader{
		Builder: builder,
		Judge:   &judge.Judge{Dir: t.TempDir(), Sandbox: confined},
		Cache:   t.TempDir(), // the honest one is the same in each class
	}
	for _, class := range classes {
		t.Run(class.name, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			class.make(t, dir)
			there, err := os.ReadDir(dir)
			require.NoError(t, err)
			handIn(t, dir, "honest", map[string]string{"append.go": string(reference)})

			start := time.Now()
			all, err := collect.Dir(dir, []*lab.Lab{&l})
			require.NoError(t, err)
			graded, err := g.All(t.Context(), all.Submissions)
			require.NoError(t, err)
			r := results.New(graded, time.Since(start).Seconds())
			require.NoError(t, report.WriteFolder(out, []*lab.Lab{&l}, r))
			assert.Less(t, time.Since(start).Seconds(), 60.0*slow)

			assert.GreaterOrEqual(t, len(all.Submissions)-1+len(all.Problems), len(there), "somebody is lost")
			for _, p := range all.Problems {
				requireVisible(t, p.String())
			}
			core, _ := l.Max()
			students := r.Students()
			assert.Len(t, students, len(all.Submissions))
			for _, s := range r.Submissions {
				require.NotNil(t, s.Score, "%s: %s", s.Student, s.Detail)
				if s.Student == "honest" {
					assert.Equal(t, core, *s.Score)
				} else {
					assert.Zero(t, *s.Score)
				}
			}
			requireReports(t, out, students)
		})
	}
}

// requireReports requires that reports are bounded, show all that they say, and have each student once.
func requireReports(t *testing.T, dir string, students []results.Student) {
	t.Helper()
	var size int64
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		size += int64(len(data))
		if filepath.Ext(path) != ".html" { // whose scripts and styles are the kit's
			requireVisible(t, string(data))
		}
		if slices.Contains([]string{".html", ".xml"}, filepath.Ext(path)) {
			assert.NotContains(t, string(data), "<img")
		}
		return nil
	}))
	assert.Less(t, size, int64(len(students)+1)*(1<<20))
	data, err := os.ReadFile(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	assert.Less(t, len(data), (len(students)+1)*(64<<10))

	feedback, err := filepath.Glob(filepath.Join(dir, "feedback", "*.md"))
	require.NoError(t, err)
	assert.Len(t, feedback, len(students))

	data, err = os.ReadFile(filepath.Join(dir, "grades.csv"))
	require.NoError(t, err)
	for _, comma := range []rune{',', ';', '\t'} {
		r := csv.NewReader(bytes.NewReader(data))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
		rows, err := r.ReadAll()
		require.NoError(t, err)
		if comma == ',' {
			assert.Len(t, rows, len(students)+1)
		}
		for _, row := range rows {
			for _, cell := range row {
				assert.NotRegexp(t, `^[\s"]*[=+@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}-]`, cell)
			}
		}
	}
}

// requireVisible requires that a text shows everything that is in it.
func requireVisible(t *testing.T, text string) {
	t.Helper()
	assert.True(t, utf8.ValidString(text), "%q", text[:min(len(text), 200)])
	for _, r := range text {
		if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Bidi_Control) {
			assert.Fail(t, "a character that does not show", "%U in %q", r, text[:min(len(text), 200)])
			return
		}
	}
}

// maxResident is what grade itself may have in memory at any time, in bytes, whatever was handed in.
const maxResident = 300 << 20

// All that has ever made grade grow is handed in at once. The program is built as people run it, without the race detector.
func TestGradeStaysSmall(t *testing.T) {
	needs.Time(t)
	needs.Sandbox(t)
	root, err := lab.Root(".")
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "lockstep")
	cmd := exec.Command("go", "build", "-o", program, "./harness")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	dir := t.TempDir()
	policyFlood(t, dir)
	greedyArchives(t, dir)
	ground := newGround(t, nil)
	for _, h := range ground.all {
		if !slices.Contains([]string{"casenest", "caseendless", "endlesssource", "reportbomb", "budgetfindings", "budgeterrors", "budgetline", "budgetpanic", "endlessoutput"}, h.name) {
			continue
		}
		files := map[string]string{}
		for _, f := range ground.files(t, h) {
			files[f.Name] = string(f.Data)
		}
		handIn(t, dir, h.name, files)
	}

	cmd = exec.Command(program, "grade", dir, "--lab", "04", "--deadline", "5s", "--out", filepath.Join(t.TempDir(), "graded"))
	cmd.Dir = root
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	most := 0
	for look := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case err := <-gone:
			require.NoError(t, err, "%s", said.String())
			t.Logf("%d MiB at most\n%s", most>>20, said.String())
			assert.Positive(t, most)
			return
		case <-look.C:
		}
		if most = max(most, highWater(cmd.Process.Pid)); most > maxResident {
			cmd.Process.Kill()
			<-gone
			require.LessOrEqual(t, most, maxResident, "%s", said.String())
		}
	}
}

var highWaterLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// highWater is the most that a process has had in memory so far, 0 if it is gone.
func highWater(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	m := highWaterLine.FindSubmatch(status)
	if m == nil {
		return 0 // just gone
	}
	n, _ := strconv.Atoi(string(m[1])) // digits
	return n << 10
}
