package solutions_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/grade"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/sandbox"
	"lockstep/harness/verdict"
)

var (
	classSize = flag.Int("class", 8, "how many submissions the generated class hands in")
	classSeed = flag.Uint64("seed", 1, "which class that is")
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// A class hands in references, styles, stubs and mistakes in all the shapes in which submissions come, and everybody
// gets the verdict that the answer must get. A large one takes its time:
//
//	go test ./solutions -run TestClass -class 200 -timeout 2h -v
func TestClass(t *testing.T) {
	needs.Time(t)
	all, dir, out := labs(t), t.TempDir(), t.TempDir()
	confined := confined(t)
	handedIn := generate(t, all, dir, *classSize, *classSeed, "")
	found, err := collect.Dir(dir, all)
	require.NoError(t, err)
	require.Empty(t, found.Problems)
	require.Len(t, found.Submissions, len(handedIn))

	builder, _, err := build.Graded(all[0].Root, t.TempDir())
	require.NoError(t, err)
	builder.Sandbox = confined
	g := &grade.Grader{
		Builder: builder,
		Judge:   &judge.Judge{Dir: t.TempDir(), Sandbox: confined},
		Cache:   filepath.Join(out, "finished"),
		OnResult: func(s results.SubmissionResult, kept bool) {
			t.Logf("%s %s: %s: %s after %.1f s", s.Student, s.Lab, handedIn[paper{s.Student, s.Lab}], s.Outcome(), s.Seconds)
			assert.False(t, kept, "%s %s is the same as another submission", s.Student, s.Lab)
		},
	}
	graded, err := g.All(t.Context(), found.Submissions)
	require.NoError(t, err)
	require.NoError(t, report.WriteFolder(out, all, results.New(graded, 1)))

	read, err := results.Read(filepath.Join(out, "results.json"))
	require.NoError(t, err)
	require.Len(t, read.Submissions, len(handedIn))
	students := map[string]bool{}
	for _, s := range read.Submissions {
		students[s.Student] = true
		a, ok := handedIn[paper{s.Student, s.Lab}]
		if assert.True(t, ok, "%s has handed in nothing for lab %s", s.Student, s.Lab) {
			a.verify(t, s)
		}
	}
	table, err := os.Open(filepath.Join(out, "grades.csv"))
	require.NoError(t, err)
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	require.NoError(t, err)
	assert.Len(t, rows, len(students)+1)
}

// confined is the sandbox that grade would use here. Where there is none that is left out, and no more: nil confines nothing.
func confined(t *testing.T) (s *sandbox.Sandbox) {
	t.Helper()
	t.Run("in a sandbox", func(t *testing.T) { s = needs.Sandbox(t) })
	return s
}

// A paper is what one student hands in for one lab.
type paper struct{ student, lab string }

// An answer is what somebody hands in, and knows what has to become of it.
type answer struct {
	lab     *lab.Lab
	kind    string // reference, style, stub or mistake
	name    string
	files   []lab.File
	mistake answers.Mistake // if it is one
}

func (a answer) String() string {
	if a.name == a.kind {
		return a.kind
	}
	return a.kind + " " + a.name
}

// verify requires the verdict that this answer must get.
func (a answer) verify(t *testing.T, s results.SubmissionResult) {
	who := fmt.Sprintf("%s %s: %s", s.Student, s.Lab, a)
	if !assert.Equal(t, results.Graded, s.Status, "%s: %s", who, s.Detail) {
		return
	}
	_, maxBonus := a.lab.Max()
	full := *s.Score == s.Max && s.Bonus == maxBonus
	core := 0
	for i, c := range s.Checks {
		given := a.kind == "stub" && a.lab.Checks[i].Given
		if given {
			core += c.Max
		}
		switch {
		case a.kind == "stub":
			assert.Equal(t, given, c.Status == verdict.Passed, "%s: %s: %s\n%s", who, c.ID, c.Status, c.Message)
		case a.kind == "mistake" && slices.Contains(a.mistake.Checks, c.ID):
			assert.Contains(t, caught, c.Status, "%s: %s has to catch it\n%s", who, c.ID, c.Message)
		case a.kind == "mistake" && (c.Bonus || !a.mistake.Core): // may fail or not
		default:
			assert.Equal(t, verdict.Passed, c.Status, "%s: %s\n%s", who, c.ID, c.Message)
		}
	}
	switch a.kind {
	case "stub":
		assert.Equal(t, core, *s.Score, who)
	case "mistake":
		assert.False(t, full, "%s: earned all points", who)
	default:
		assert.True(t, full, "%s: %s", who, s.Outcome())
	}
}

// caught is what a check says of a mistake that it sees. That it was not run, or that the process ended in between, is
// no catch.
var caught = []verdict.Status{verdict.Failed, verdict.Raced, verdict.Leaked, verdict.Timeout, verdict.Panicked}

// kinds are dealt in this order: half of a class is wrong, in ways of its own.
var kinds = []string{"reference", "mistake", "style", "mistake", "stub", "mistake"}

// deal returns n answers, lab after lab.
func deal(t testing.TB, labs []*lab.Lab, n int, r *rand.Rand) []answer {
	t.Helper()
	pools := map[string][]answer{} // by lab and kind
	for _, l := range labs {
		right, err := answers.Right(l)
		require.NoError(t, err)
		mistakes, err := answers.Mistakes(l)
		require.NoError(t, err)
		stub, err := answers.Stub(l)
		require.NoError(t, err)
		for _, a := range right[1:] {
			pools[l.ID+"style"] = append(pools[l.ID+"style"], answer{lab: l, kind: "style", name: a.Name, files: a.Files})
		}
		for _, m := range mistakes {
			pools[l.ID+"mistake"] = append(pools[l.ID+"mistake"], answer{lab: l, kind: "mistake", name: m.Name, files: m.Files, mistake: m})
		}
		pools[l.ID+"reference"] = []answer{{lab: l, kind: "reference", name: "reference", files: right[0].Files}}
		pools[l.ID+"stub"] = []answer{{lab: l, kind: "stub", name: "stub", files: stub.Files}}
		for _, kind := range []string{"style", "mistake"} {
			pool := pools[l.ID+kind]
			r.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		}
	}
	var all []answer
	next := map[string]int{} // in each pool
	for i := range n {
		round, l := i/len(labs), labs[i%len(labs)]
		key := l.ID + kinds[(i%len(labs)+round)%len(kinds)]
		all = append(all, pools[key][next[key]%len(pools[key])])
		next[key]++
	}
	return all
}

// generate makes a folder such as a course's system gives an instructor, and tells what is in it. The same
// seed makes the same class, but for mark, a word in each file. No two files are the same.
func generate(t testing.TB, labs []*lab.Lab, dir string, n int, seed uint64, mark string) map[paper]answer {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	answers, handedIn := deal(t, labs, n, r), map[paper]answer{}
	first := r.IntN(len(shapes))
	for i := 0; len(answers) > 0; i++ {
		s := shapes[(first+i)%len(shapes)]
		given, family := givenNames[i%len(givenNames)], familyNames[(i+i/len(givenNames))%len(familyNames)]
		if generation := i / (len(givenNames) * len(familyNames)); generation > 0 {
			family += strings.Repeat("i", generation) // the next generation
		}
		labs := 1
		if s.several {
			labs = min(2, len(answers))
		}
		files := map[string]string{}
		var student string
		for _, a := range answers[:labs] {
			for _, f := range a.files {
				files[a.lab.ID+"/"+f.Name] = fmt.Sprintf("%s\n// By %s %s. %s\n", f.Data, given, family, mark)
			}
		}
		student = s.write(t, dir, given, family, i, files)
		for _, a := range answers[:labs] {
			handedIn[paper{student, a.lab.ID}] = a
		}
		answers = answers[labs:]
	}
	return handedIn
}

var (
	givenNames  = []string{"Amira", "Ben", "Chloé", "Dae-jung", "Eun", "Frida", "Gül", "Hugo", "Ines", "Jürgen", "Kim", "민수", "Nour"}
	familyNames = []string{"Alvarez", "Brandt", "Çelik", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Khan", "Lee", "Moreau"}
)

// A shape is a form in which submissions come. write takes files by NN/name, and returns what the student
// will be called.
type shape struct {
	several bool // labs
	write   func(t testing.TB, dir, given, family string, number int, files map[string]string) string
}

var shapes = []shape{
	{true, func(t testing.TB, dir, given, family string, _ int, files map[string]string) string {
		name := given + " " + family
		put(t, filepath.Join(dir, name), files)
		return name
	}},
	{true, func(t testing.TB, dir, given, family string, _ int, files map[string]string) string {
		name := squash(given + family)
		put(t, filepath.Join(dir, name, "labs"), files)
		return name
	}},
	{true, func(t testing.TB, dir, given, family string, _ int, files map[string]string) string {
		name := squash(given + "." + family)
		put(t, dir, map[string]string{name + ".zip": zipped(t, "kit-main/labs/", files)})
		return name
	}},
	{true, func(t testing.TB, dir, given, family string, _ int, files map[string]string) string {
		name := squash(family) + "-" + squash(given)
		put(t, dir, map[string]string{name + ".tar.gz": tarred(t, "./", files)})
		return name
	}},
	{false, func(t testing.TB, dir, given, family string, number int, files map[string]string) string { // Moodle
		name := given + " " + family
		at := filepath.Join(dir, fmt.Sprintf("%s_%d_assignsubmission_file_", name, 1000+number))
		for file, text := range files {
			put(t, at, map[string]string{filepath.Base(file): text})
		}
		return name
	}},
	{true, func(t testing.TB, dir, given, family string, number int, files map[string]string) string { // Moodle
		name := given + " " + family
		put(t, filepath.Join(dir, fmt.Sprintf("%s_%d_assignsubmission_file_", name, 1000+number)), map[string]string{"my work.zip": zipped(t, "", files)})
		return name
	}},
	{false, func(t testing.TB, dir, given, family string, number int, files map[string]string) string { // Canvas
		name := squash(family + given)
		for file, text := range files {
			put(t, dir, map[string]string{fmt.Sprintf("%s_%d_%d_%s-1.go", name, 2000+number, 3000+number, strings.TrimSuffix(filepath.Base(file), ".go")): text})
		}
		return name
	}},
	{true, func(t testing.TB, dir, given, family string, number int, files map[string]string) string { // Canvas
		name := squash(family + given)
		put(t, dir, map[string]string{fmt.Sprintf("%s_LATE_%d_%d_lab.zip", name, 2000+number, 3000+number): zipped(t, "labs/", files)})
		return name
	}},
}

// squash is a name as Canvas and logins have it.
func squash(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }

// put writes files below dir.
func put(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
}

func zipped(t testing.TB, prefix string, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(prefix + name)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.String()
}

func tarred(t testing.TB, prefix string, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for name, text := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: prefix + name, Size: int64(len(text)), Mode: 0o644}))
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, g.Close())
	return b.String()
}

// The same seed makes the same class, and a large one has each kind in each lab.
func TestGeneratedClassesAreTheSame(t *testing.T) {
	all := labs(t)
	a := generate(t, all, t.TempDir(), 200, 7, "")
	assert.Equal(t, a, generate(t, all, t.TempDir(), 200, 7, ""))
	assert.NotEqual(t, a, generate(t, all, t.TempDir(), 200, 8, ""))
	assert.Len(t, a, 200)
	dealt := map[string]int{}
	for _, one := range a {
		dealt[one.lab.ID+" "+one.kind]++
	}
	assert.Len(t, dealt, len(all)*4, "%v", dealt)
}
