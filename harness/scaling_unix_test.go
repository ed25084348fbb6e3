//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/results"
)

// The manifests in docs/scaling do what they say: each is read, its shell lines are run as the scheduler would run
// them for a class of three, and what comes out is what one machine says of the same class.
func TestManifestsGradeAClass(t *testing.T) {
	needs.Time(t)
	root, err := lab.Root(".")
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, "docs", "scaling.md"))
	require.NoError(t, err)
	dir := filepath.Join(root, "docs", "scaling")

	alone := newClass(t, root)
	var out bytes.Buffer
	status := Run(t.Context(), []string{"grade", filepath.Join(alone, "submissions"), "--roster", filepath.Join(alone, "students.csv"), "--out", filepath.Join(alone, "graded", "all"), "--no-sandbox"}, nil, io.Discard, &out)
	require.Equal(t, done, status, out.String())
	want := readResults(t, alone)
	statuses := []results.SubmissionStatus{}
	for _, s := range want.Submissions {
		statuses = append(statuses, s.Status)
	}
	require.Equal(t, []results.SubmissionStatus{results.Graded, results.Rejected, results.NotCompiled}, statuses)

	for _, row := range []struct {
		name  string
		files []string
		read  func(t *testing.T, texts []string) manifest
		env   func(part int) string // what the scheduler says which part it is
	}{
		{"Kubernetes", []string{"job.yaml"}, readJob, func(part int) string { return fmt.Sprintf("JOB_COMPLETION_INDEX=%d", part-1) }},
		{"Slurm", []string{"array.sbatch", "merge.sbatch"}, readBatch, func(part int) string { return fmt.Sprintf("SLURM_ARRAY_TASK_ID=%d", part) }},
		{"GitHub Actions", []string{"grade.yml"}, readWorkflow, func(part int) string { return fmt.Sprintf("SHARD=%d", part) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			var texts []string
			for _, name := range row.files {
				text, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				texts = append(texts, string(text))
				assert.Contains(t, string(page), string(text), "docs/scaling.md shows another docs/scaling/%s", name)
			}
			m := row.read(t, texts)
			if !strings.Contains(m.grade, "--no-sandbox") {
				needs.Sandbox(t)
			}
			assert.Equal(t, strconv.Itoa(m.parts), m.shards, "SHARDS is another number than that of the scheduler")

			class := newClass(t, root)
			store := t.TempDir()
			settings := []string{"CLASS=" + class, "KIT=" + root, "SHARDS=3"}
			for part := 1; part <= 3; part++ {
				runStep(t, root, m.grade, append(settings, row.env(part)))
				if m.upload != nil {
					m.upload(t, class, store, part)
				}
			}
			if m.download != nil {
				m.download(t, class, store)
			}
			runStep(t, root, m.merge, settings)

			got := readResults(t, class)
			assert.Len(t, got.Submissions, len(want.Submissions))
			assert.Empty(t, results.Diff(want, got))
			assert.Equal(t, readGrades(t, alone), readGrades(t, class))
		})
	}
}

// A manifest is what a scheduler's files say.
type manifest struct {
	parts  int    // that the scheduler starts
	shards string // the value of SHARDS
	grade  string // shell lines of one part
	merge  string // shell lines that put the parts together

	// Who has no folder that all parts see sends them by way of a store; nil otherwise.
	upload   func(t *testing.T, class, store string, part int)
	download func(t *testing.T, class, store string)
}

// readJob reads a file with the two Kubernetes jobs.
func readJob(t *testing.T, texts []string) manifest {
	type job struct {
		Kind string
		Spec struct {
			CompletionMode string `yaml:"completionMode"`
			Completions    int
			Suspend        bool
			Template       struct {
				Spec struct {
					Containers []struct {
						Env           []struct{ Name, Value string }
						Command, Args []string
					}
				}
			}
		}
	}
	var jobs [2]job
	d := yaml.NewDecoder(strings.NewReader(texts[0]))
	for i := range jobs {
		require.NoError(t, d.Decode(&jobs[i]))
		require.Equal(t, "Job", jobs[i].Kind)
		require.Len(t, jobs[i].Spec.Template.Spec.Containers, 1)
		require.Equal(t, []string{"sh", "-ec"}, jobs[i].Spec.Template.Spec.Containers[0].Command)
		require.Len(t, jobs[i].Spec.Template.Spec.Containers[0].Args, 1)
	}
	require.ErrorIs(t, d.Decode(new(any)), io.EOF)
	assert.Equal(t, "Indexed", jobs[0].Spec.CompletionMode)
	assert.True(t, jobs[1].Spec.Suspend)
	grade, merge := jobs[0].Spec.Template.Spec.Containers[0], jobs[1].Spec.Template.Spec.Containers[0]
	m := manifest{parts: jobs[0].Spec.Completions, grade: grade.Args[0], merge: merge.Args[0]}
	for _, v := range grade.Env {
		if v.Name == "SHARDS" {
			m.shards = v.Value
		}
	}
	return m
}

// readBatch reads the two Slurm scripts.
func readBatch(t *testing.T, texts []string) manifest {
	array := regexp.MustCompile(`(?m)^#SBATCH --array=1-(\d+)$`).FindStringSubmatch(texts[0])
	require.NotNil(t, array)
	shards := regexp.MustCompile(`\$\{SHARDS:=(\d+)\}`).FindStringSubmatch(texts[0])
	require.NotNil(t, shards)
	parts, err := strconv.Atoi(array[1])
	require.NoError(t, err)
	return manifest{parts: parts, shards: shards[1], grade: texts[0], merge: texts[1]}
}

// readWorkflow reads the workflow of GitHub Actions.
func readWorkflow(t *testing.T, texts []string) manifest {
	type step struct {
		Uses, Run string
		With, Env map[string]string
	}
	var workflow struct {
		Env  map[string]string
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Shard []int } }
			Needs    string
			Steps    []step
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(texts[0]), &workflow))
	find := func(job string, is func(step) bool) step {
		at := slices.IndexFunc(workflow.Jobs[job].Steps, is)
		require.GreaterOrEqual(t, at, 0, job)
		return workflow.Jobs[job].Steps[at]
	}
	runs := func(s step) bool { return strings.Contains(s.Run, "go run ./harness") } // not what installs
	uses := func(name string) func(step) bool {
		return func(s step) bool { return strings.HasPrefix(s.Uses, "actions/"+name+"@") }
	}
	expand := func(text, class string, part int) string {
		text = strings.NewReplacer("${{ matrix.shard }}", strconv.Itoa(part), "${{ env.CLASS }}", class).Replace(text)
		require.NotContains(t, text, "${{")
		return text
	}
	assert.Equal(t, "grade", workflow.Jobs["merge"].Needs)
	grade, up, down := find("grade", runs), find("grade", uses("upload-artifact")), find("merge", uses("download-artifact"))
	assert.Equal(t, map[string]string{"SHARD": "${{ matrix.shard }}"}, grade.Env)
	return manifest{
		parts: len(workflow.Jobs["grade"].Strategy.Matrix.Shard), shards: workflow.Env["SHARDS"],
		grade: grade.Run, merge: find("merge", runs).Run,
		upload: func(t *testing.T, class, store string, part int) {
			from := expand(up.With["path"], class, part)
			require.NoError(t, os.CopyFS(filepath.Join(store, expand(up.With["name"], class, part)), os.DirFS(from)))
			require.NoError(t, os.RemoveAll(from)) // another machine does not have it
		},
		download: func(t *testing.T, class, store string) {
			sent, err := os.ReadDir(store)
			require.NoError(t, err)
			for _, e := range sent {
				ok, err := path.Match(down.With["pattern"], e.Name())
				require.NoError(t, err)
				if ok {
					require.NoError(t, os.CopyFS(filepath.Join(expand(down.With["path"], class, 0), e.Name()), os.DirFS(filepath.Join(store, e.Name()))))
				}
			}
		},
	}
}

// runStep looks through the words of each of the kit's commands in a script, and then runs the script.
func runStep(t *testing.T, root, script string, env []string) {
	t.Helper()
	sh := func(script string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", script)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", script, out)
		return string(out)
	}
	commands := strings.Split(strings.TrimSpace(sh(`go() { printf '%s\n' "$@" ''; }`+"\n"+script)), "\n\n")
	require.NotEmpty(t, commands)
	for _, command := range commands {
		words := strings.Split(command, "\n")
		require.Greater(t, len(words), 3, command)
		require.Equal(t, []string{"run", "./harness", "grade"}, words[:3])
		parser, err := newParser()
		require.NoError(t, err)
		_, err = parser.Parse(words[2:])
		require.NoError(t, err, command)
	}
	sh(script)
}

// newClass makes a class of three, one in each of three shards, and a fourth who hands in nothing.
func newClass(t *testing.T, root string) string {
	t.Helper()
	reference, err := os.ReadFile(filepath.Join(root, "solutions", "01", "oneshot.go"))
	require.NoError(t, err)
	class := t.TempDir()
	files := map[string]string{
		"students.csv":                         "login,name\namira,Amira Khan\nben,Ben Öz\nchris,Chris Lee\ndora,Dora Diaz\n",
		"submissions/Amira Khan/01/oneshot.go": string(reference),
		"submissions/ben/01/oneshot.go":        "package oneshot\n\nfunc init() {}\n",
		"submissions/chris/01/oneshot.go":      "package oneshot\n\nfunc f() { nonsense() }\n",
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(class, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(files[name]), 0o644))
	}
	return class
}

func readResults(t *testing.T, class string) *results.Results {
	t.Helper()
	r, err := results.Read(filepath.Join(class, "graded", "all", "results.json"))
	require.NoError(t, err)
	require.NotNil(t, r)
	return r
}

func readGrades(t *testing.T, class string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(class, "graded", "all", "grades.csv"))
	require.NoError(t, err)
	return string(text)
}
