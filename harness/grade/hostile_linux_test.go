package grade

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/results"
	"lockstep/harness/sandbox"
	"lockstep/harness/verdict"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// A hostile submission wants points that it has not earned, or to do harm.
type hostile struct {
	name   string
	lab    string     // 04 unless said otherwise
	server string     // what its files are added to: a skeleton that calls attack, the stub, the reference or a mistake
	checks []string   // that it is graded by
	want   []string   // a status of the submission and, for a rejected one, the rule; or those that its checks may have
	behind []string   // what its checks may have if the gate lets it through, if it is worth while to see
	boxed  bool       // only a sandbox keeps it from doing harm
	files  []lab.File // in the place of the server's, where the names are the same
}

// bank reads testdata/hostile. The comment of an archive tells what its author is after, what keeps that from happening, and, in lines of
// their own:
//
//	want rejected RULE                 the gate refuses it
//	want STATUS...                     what becomes of it, or of its checks
//	behind the gate STATUS...          what becomes of its checks if the gate is left out
//	server NAME                        skeleton, stub, reference or a mistake
//	lab NN
//	checks NAME...
//	needs sandbox                      without one it does harm
//
// Checks are few, to save time: one with a server process of its own, and one in the check's process. Others are named where the gain would be.
func bank(t *testing.T, fill *strings.Replacer) []hostile {
	t.Helper()
	names, err := filepath.Glob("testdata/hostile/*.txtar")
	require.NoError(t, err)
	var all []hostile
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		require.NoError(t, err)
		h := hostile{name: strings.TrimSuffix(filepath.Base(name), ".txtar"), lab: "04", server: "skeleton", checks: []string{"TestScenario3", "TestManyClientsAtOnce"}}
		for line := range strings.Lines(string(archive.Comment)) {
			words := strings.Fields(line)
			switch {
			case words[0] == "want":
				h.want = words[1:]
			case words[0] == "server":
				h.server = words[1]
			case words[0] == "lab":
				h.lab = words[1]
			case words[0] == "checks":
				h.checks = words[1:]
			case line == "needs sandbox\n":
				h.boxed = true
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

// attacked are the names of attacks that have to do with what is tried.
func attacked(all []hostile, those func(h hostile) bool) []hostile {
	return slices.DeleteFunc(slices.Clone(all), func(h hostile) bool { return !those(h) })
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

// A ground is where attacks are tried.
type ground struct {
	root     string
	confined *sandbox.Sandbox
	canary   *canary
	labs     map[string]*lab.Lab // by id
	all      []hostile
	controls map[string]results.SubmissionResult // by key
}

func newGround(t *testing.T, confined *sandbox.Sandbox) *ground {
	t.Helper()
	root, err := lab.Root(".")
	require.NoError(t, err)
	g := &ground{root: root, confined: confined, canary: newCanary(t), labs: map[string]*lab.Lab{}, controls: map[string]results.SubmissionResult{}}
	reference, err := os.ReadFile(filepath.Join(root, "solutions", "04", "append.go"))
	require.NoError(t, err)
	g.all = bank(t, strings.NewReplacer("{ROOT}", root, "{CANARY}", g.canary.dir, "{LISTENER}", g.canary.listener.Addr().String(), "{PARENT}", fmt.Sprint(os.Getpid()),
		"{REFERENCE}", string(reference), "{CR}", "\r",
		"{NEST}", strings.Repeat("(", 100_100), "{UNNEST}", strings.Repeat(")", 100_100), "{FINDINGS}", strings.Repeat("//go:x\n", 100_000), "{ERRORS}", strings.Repeat("\t_ = x\n", 100_000),
		"{LINE}", strings.Repeat("+ x", 200_000), "{TOWER}", strings.Repeat("func() { ", 600), "{UNTOWER}", strings.Repeat(" }()", 600)))
	if confined != nil && strings.HasPrefix(confined.String(), "Landlock") {
		g.all = attacked(g.all, func(h hostile) bool { return h.name != "sockets" })
		t.Run("sockets", func(t *testing.T) {
			needs.LeaveOut(t, "in the file system, Landlock does not keep from sockets: bubblewrap does: sudo apt install bubblewrap")
		})
	}
	for _, h := range g.all {
		if g.labs[h.lab] == nil {
			g.labs[h.lab], err = lab.Find(root, h.lab)
			require.NoError(t, err)
		}
	}
	return g
}

// few is the lab with some of its checks.
func (g *ground) few(t *testing.T, h hostile) *lab.Lab {
	t.Helper()
	l := *g.labs[h.lab]
	l.Checks = slices.DeleteFunc(slices.Clone(l.Checks), func(c lab.Check) bool { return !slices.Contains(h.checks, c.Name) })
	require.Len(t, l.Checks, len(h.checks), h.name)
	return &l
}

// server are the files that an attack is added to.
func (g *ground) server(t *testing.T, h hostile) []lab.File {
	t.Helper()
	l := g.labs[h.lab]
	if h.server == "skeleton" {
		data, err := os.ReadFile("testdata/skeleton.go")
		require.NoError(t, err)
		return []lab.File{{Name: "append.go", Data: data}}
	}
	answer, err := answers.Find(l, h.server)
	require.NoError(t, err)
	return answer.Files
}

// files are those of the whole submission.
func (g *ground) files(t *testing.T, h hostile) []lab.File {
	t.Helper()
	return append(slices.DeleteFunc(g.server(t, h), func(f lab.File) bool {
		return slices.ContainsFunc(h.files, func(own lab.File) bool { return own.Name == f.Name })
	}), h.files...)
}

// control is the same submission without the attack. Most attacks have the same one.
func (g *ground) control(t *testing.T, h hostile) (key string, s collect.Submission) {
	t.Helper()
	s = collect.Submission{Student: "control", Lab: g.few(t, h), Files: g.server(t, h)}
	if h.server == "skeleton" {
		s.Files = append(s.Files, lab.File{Name: "attack.go", Data: []byte("package appendlog\n\nimport \"net\"\n\nfunc attack(net.Listener) error { return nil }\n")})
	}
	return fmt.Sprint(h.lab, h.server, h.checks), s
}

// grade grades attacks, and between them, so that they are built and run at the same time, whatever control is still missing, and honest submissions, which
// have to get everything.
func (g *ground) grade(t *testing.T, ungated bool, attacks []hostile) []results.SubmissionResult {
	t.Helper()
	const honest = "honest"
	var class []collect.Submission
	var waiting []string // keys of controls, in the order of the class
	asked := map[string]bool{}
	for i, h := range attacks {
		if key, s := g.control(t, h); !asked[key] && g.controls[key].Checks == nil {
			asked[key] = true
			waiting = append(waiting, key)
			class = append(class, s)
		}
		class = append(class, collect.Submission{Student: h.name, Lab: g.few(t, h), Files: g.files(t, h)})
		if i%25 == 0 { // each a little different, so that each is built
			right := g.server(t, hostile{lab: h.lab, server: "reference"})
			right[0].Data = fmt.Appendf(slices.Clone(right[0].Data), "\n// %d\n", i)
			class = append(class, collect.Submission{Student: honest, Lab: g.few(t, h), Files: right})
		}
	}
	builder, _, err := build.Graded(g.root, t.TempDir())
	require.NoError(t, err)
	builder.Sandbox = g.confined
	brief := ungated || g.confined == nil // what an attack does to the telling is seen behind the gate, in the sandbox
	grader := &Grader{
		Builder: builder,
		Judge:   &judge.Judge{Dir: t.TempDir(), Sandbox: g.confined, Deadline: 20 * time.Second, Grace: time.Second, Brief: brief},
		ungated: ungated,
		OnResult: func(r results.SubmissionResult, _ bool) {
			t.Logf("%s: %s after %.1f s", r.Student, r.Outcome(), r.Seconds)
		},
	}
	all, err := grader.All(t.Context(), class)
	require.NoError(t, err)
	g.canary.requireAlive(t)
	var theirs []results.SubmissionResult
	for _, r := range all {
		switch r.Student {
		case honest:
			for _, c := range r.Checks {
				assert.Equal(t, verdict.Passed, c.Status, "the honest one: %s: %s", c.ID, c.Message)
			}
		case "control":
			require.Equal(t, results.Graded, r.Status, "the control of %s: %s", waiting[0], r.Detail)
			g.controls[waiting[0]] = r
			waiting = waiting[1:]
		default:
			theirs = append(theirs, r)
		}
	}
	return theirs
}

// try grades attacks, and requires of each that it gains nothing.
func (g *ground) try(t *testing.T, attacks []hostile) {
	t.Helper()
	t.Logf("%d attacks, as user %d, confined by %v", len(attacks), os.Getuid(), g.confined)
	for i, r := range g.grade(t, false, attacks) {
		t.Run(attacks[i].name, func(t *testing.T) { g.requireNothing(t, attacks[i], attacks[i].want, r) })
	}
}

// tryUngated does the same without the gate, with those that are worth while then.
func (g *ground) tryUngated(t *testing.T, attacks []hostile) {
	t.Helper()
	strong := attacked(attacks, func(h hostile) bool { return len(h.behind) > 0 })
	for i, r := range g.grade(t, true, strong) {
		t.Run(strong[i].name+" behind the gate", func(t *testing.T) { g.requireNothing(t, strong[i], strong[i].behind, r) })
	}
}

// mistaken are the statuses that a mistake earns by itself. Which of them it is may be chance: an unlocked map makes a race, an error or a crash.
var mistaken = []string{string(verdict.Raced), string(verdict.Failed), string(verdict.Panicked)}

// requireNothing requires that a submission has passed no check that it does not pass without its attack, and has the status that is wanted.
func (g *ground) requireNothing(t *testing.T, h hostile, want []string, r results.SubmissionResult) {
	t.Helper()
	require.NotNil(t, r.Score, "%s", r.Detail)
	key, _ := g.control(t, h)
	control := g.controls[key]
	assert.LessOrEqual(t, *r.Score, *control.Score)
	assert.LessOrEqual(t, r.Bonus, control.Bonus)
	assert.NotContains(t, r.Detail, "BREACH")
	assert.NotContains(t, r.Detail, g.root)
	assert.Less(t, r.Seconds, 60.0*slow)
	switch r.Status {
	case results.Rejected:
		require.Equal(t, "rejected", want[0], "%v", r.Policy)
		assert.Equal(t, want[1], r.Policy[0].Rule)
	case results.Graded:
		for i, c := range r.Checks {
			assert.NotContains(t, c.Message, "BREACH")
			assert.NotContains(t, c.Message, g.root)
			allowed := append(slices.Clone(want), mistaken...)
			if control.Checks[i].Status == verdict.Passed {
				allowed = append(slices.Clone(want), string(verdict.Passed))
			} else {
				assert.NotEqual(t, verdict.Passed, c.Status, "%s, which fails without the attack", c.ID)
			}
			assert.Contains(t, allowed, string(c.Status), "%s: %s", c.ID, c.Message)
		}
	default:
		assert.Contains(t, want, string(r.Status), r.Detail)
	}
}

// slow is how much slower than an idle one a machine may be before it is called hanging.
const slow = 3

func TestHostileSubmissionsGainNothingAndHarmNobody(t *testing.T) {
	needs.Time(t)
	confined := needs.Sandbox(t)
	g := newGround(t, confined)
	require.GreaterOrEqual(t, len(g.all), 90)
	g.try(t, g.all)
	g.tryUngated(t, g.all)
}

// Most attacks are not the sandbox's to hold: the same without one. What the gate refuses is refused before anybody looks for a sandbox.
func TestHostileSubmissionsGainNothingWithoutASandbox(t *testing.T) {
	needs.Time(t)
	g := newGround(t, nil)
	g.try(t, attacked(g.all, func(h hostile) bool { return !h.boxed && h.want[0] != "rejected" }))
}

// again runs the test in another process. If it is left out there, it is left out.
func again(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	if said, _, skipped := strings.Cut(string(out), "--- SKIP: "+t.Name()+" "); skipped {
		lines := strings.Split(strings.TrimSpace(said), "\n")
		_, why, _ := strings.Cut(lines[len(lines)-1], ": ") // behind the place
		needs.LeaveOut(t, "in a process of its own:", why)
	}
	require.Contains(t, string(out), "--- PASS: "+t.Name()+" ", "it has to have run")
	t.Logf("%s", out)
}

// Those that only a sandbox holds, in the other one. A bwrap that does nothing is found first, in a process of its own, for a sandbox is looked
// for once.
func TestHostileSubmissionsHarmNobodyBehindLandlock(t *testing.T) {
	needs.Time(t)
	needs.Landlock(t)
	confined := needs.Sandbox(t)
	if !strings.HasPrefix(confined.String(), "Landlock") {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "bwrap"), []byte("#!/bin/sh\nexit 1\n"), 0o755))
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=15m")
		cmd.Env = append(os.Environ(), "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
		again(t, cmd)
		return
	}
	g := newGround(t, confined)
	g.try(t, attacked(g.all, func(h hostile) bool { return h.boxed && h.want[0] != "rejected" }))
}
