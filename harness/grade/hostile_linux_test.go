package grade

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/sandbox"
	"lockstep/harness/sandbox/sandboxtest"
	"lockstep/harness/verdict"
)

// A hostile submission wants points that it has not earned, or to do harm.
type hostile struct {
	name   string
	server string   // what its code is added to, in testdata/hostile.go or a mistake of lab 04
	want   []string // a status of the submission and, for a rejected one, the rule; or those that its checks may have
	behind []string // what its checks may have if the gate lets it through, if it is worth while to see
	files  []lab.File
}

// bank reads testdata/hostile: what each wants is told in the comment of the archive.
func bank(t *testing.T, fill *strings.Replacer) []hostile {
	t.Helper()
	names, err := filepath.Glob("testdata/hostile/*.txtar")
	require.NoError(t, err)
	var all []hostile
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		require.NoError(t, err)
		h := hostile{name: strings.TrimSuffix(filepath.Base(name), ".txtar"), server: "skeleton"}
		for line := range strings.Lines(string(archive.Comment)) {
			words := strings.Fields(line)
			switch {
			case words[0] == "want":
				h.want = words[1:]
			case words[0] == "server":
				h.server = words[1]
			case strings.HasPrefix(line, "behind the gate "):
				h.behind = words[3:]
			}
		}
		require.NotEmpty(t, h.want, name)
		for _, f := range archive.Files {
			h.files = append(h.files, lab.File{Name: f.Name, Data: []byte(fill.Replace(string(f.Data)))})
		}
		all = append(all, h)
	}
	return all
}

// A canary shows whether anybody has come out of the sandbox.
type canary struct {
	dir      string
	listener net.Listener
	called   chan string // who has connected
}

const secret = "the grader's own\n"

func newCanary(t *testing.T) *canary {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &canary{dir: t.TempDir(), listener: ln, called: make(chan string, 100)}
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "secret"), []byte(secret), 0o600))
	socket, err := net.Listen("unix", filepath.Join(c.dir, "socket"))
	require.NoError(t, err)
	for _, ln := range []net.Listener{ln, socket} {
		go c.listen(ln) // ends with its listener
		t.Cleanup(func() { ln.Close() })
	}
	return c
}

func (c *canary) listen(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Close()
		c.called <- fmt.Sprint(conn.LocalAddr())
	}
}

// requireAlive requires that nobody has touched what is not theirs.
func (c *canary) requireAlive(t *testing.T) {
	t.Helper()
	require.Empty(t, c.called, "somebody has connected")
	data, err := os.ReadFile(filepath.Join(c.dir, "secret"))
	require.NoError(t, err)
	require.Equal(t, secret, string(data))
}

// The bank is graded between two honest submissions. Checks are few, to save time: one with a server process of its
// own, and one in the check's process.
func TestHostileSubmissionsGainNothingAndHarmNobody(t *testing.T) {
	sandboxtest.Need(t)
	confined, err := sandbox.Find()
	require.NoError(t, err)
	root, err := lab.Root(".")
	require.NoError(t, err)
	found, err := lab.Find(root, "04")
	require.NoError(t, err)
	l := *found
	l.Checks = slices.DeleteFunc(slices.Clone(l.Checks), func(c lab.Check) bool {
		return c.Name != "TestScenario3" && c.Name != "TestManyClientsAtOnce"
	})
	require.Len(t, l.Checks, 2)

	canary := newCanary(t)
	fill := strings.NewReplacer("{ROOT}", root, "{CANARY}", canary.dir, "{LISTENER}", canary.listener.Addr().String(), "{PARENT}", fmt.Sprint(os.Getpid()))
	base := func(name string) []lab.File {
		file := filepath.Join(root, found.SolutionDir(), name, "append.go")
		if name == "skeleton" {
			file = "testdata/skeleton.go"
		}
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		return []lab.File{{Name: "append.go", Data: data}}
	}
	hostiles := bank(t, fill)
	require.GreaterOrEqual(t, len(hostiles), 30)
	honest := collect.Submission{Student: "honest", Lab: &l, Files: base("")}

	grade := func(ungated bool, bank []hostile) []report.Submission {
		var class []collect.Submission
		for i, h := range bank {
			server := h.server
			if server != "skeleton" {
				server = "mistakes/" + server
			}
			class = append(class, collect.Submission{Student: h.name, Lab: &l, Files: append(base(server), h.files...)})
			if i%20 == 0 { // each a little different, so that each is built
				file := lab.File{Name: "append.go", Data: fmt.Appendf(slices.Clone(honest.Files[0].Data), "\n// %d\n", i)}
				class = append(class, collect.Submission{Student: honest.Student, Lab: &l, Files: []lab.File{file}})
			}
		}
		g := &Grader{
			Builder: &build.Builder{Root: root, Dir: t.TempDir(), Perturb: true, Sandbox: confined},
			Judge:   &judge.Judge{Dir: t.TempDir(), Sandbox: confined, Deadline: 20 * time.Second, Grace: time.Second},
			ungated: ungated,
		}
		results, err := g.All(t.Context(), class)
		require.NoError(t, err)
		canary.requireAlive(t)
		var theirs []report.Submission
		for _, r := range results {
			if r.Student != honest.Student {
				theirs = append(theirs, r)
				continue
			}
			for _, c := range r.Checks {
				assert.Equal(t, verdict.Passed, c.Status, "the honest one: %s: %s", c.ID, c.Message)
			}
		}
		return theirs
	}

	for i, r := range grade(false, hostiles) {
		t.Run(hostiles[i].name, func(t *testing.T) { requireNothing(t, hostiles[i].want, r) })
	}
	var strong []hostile
	for _, h := range hostiles {
		if len(h.behind) > 0 {
			strong = append(strong, h)
		}
	}
	for i, r := range grade(true, strong) {
		t.Run(strong[i].name+" behind the gate", func(t *testing.T) { requireNothing(t, strong[i].behind, r) })
	}
}

// requireNothing requires that a submission has no points, and the status that is wanted.
func requireNothing(t *testing.T, want []string, r report.Submission) {
	t.Helper()
	require.NotNil(t, r.Score, "%s", r.Detail)
	assert.Zero(t, *r.Score)
	assert.Zero(t, r.Bonus)
	assert.NotContains(t, r.Detail, "BREACH")
	switch r.Status {
	case report.Rejected:
		require.Equal(t, "rejected", want[0], "%v", r.Policy)
		assert.Equal(t, want[1], r.Policy[0].Rule)
	case report.Graded:
		for _, c := range r.Checks {
			assert.Contains(t, want, string(c.Status), "%s: %s", c.ID, c.Message)
			assert.NotContains(t, c.Message, "BREACH")
		}
	default:
		assert.Contains(t, want, string(r.Status), r.Detail)
	}
}
