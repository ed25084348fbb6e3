package verify_test

import (
	"flag"
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
	"lockstep/harness/verdict"
)

var seeds = flag.Int("seeds", 5, "under how many schedules to look for each bug, with one processor and with all")

// bugs are the classes that students meet, each put into the server in testdata/zoo by itself.
var bugs = []struct {
	name   string
	edits  []string // old, new, ...
	check  string   // has to find it
	status verdict.Status
	says   string
}{
	{
		"map without a lock",
		[]string{"	s.mu.Lock()\n	delete(s.clients, name)\n	s.mu.Unlock()\n", "	delete(s.clients, name)\n"},
		"TestClientsAtOnce", verdict.Raced, "hub.go:",
	},
	{
		"counter without a lock",
		[]string{"			s.mu.Lock()\n			n := s.count\n			s.mu.Unlock()\n", "			n := s.count\n"},
		"TestClientsAtOnce", verdict.Raced, "s.count",
	},
	{
		"slice without a lock",
		[]string{"	s.auditMu.Lock()\n	s.audit = append(s.audit, name)\n	s.auditMu.Unlock()\n", "", "	s.mu.Lock()\n	defer s.mu.Unlock()\n	s.said", "	s.audit = append(s.audit, name)\n	s.mu.Lock()\n	defer s.mu.Unlock()\n	s.said"},
		"TestClientsAtOnce", verdict.Raced, "s.audit",
	},
	{
		"append between two critical sections",
		[]string{"	s.said = append(s.said, string(line))\n	s.count++\n", "	s.count++\n	s.mu.Unlock()\n	s.said = append(s.said, string(line))\n	s.mu.Lock()\n"},
		"TestClientsAtOnce", verdict.Raced, "s.said",
	},
	{
		"check, then act",
		[]string{"	s.mu.Lock()\n	defer s.mu.Unlock()\n	if s.clients[name] != nil {\n		return false\n	}\n", "	s.mu.Lock()\n	taken := s.clients[name] != nil\n	s.mu.Unlock()\n	if taken {\n		return false\n	}\n	s.mu.Lock()\n	defer s.mu.Unlock()\n"},
		"TestNameHasOneOwner", verdict.Failed, "of four clients that want the same name at once",
	},
	{
		"Add inside the goroutine",
		[]string{"		handlers.Add(1)\n		go func() {\n", "		go func() {\n			handlers.Add(1)\n"},
		"TestServeWaitsForHandlers", "", "",
	},
	{
		"two closers of one channel",
		[]string{"	s.once.Do(func() { close(s.done) })\n", "	select {\n	case <-s.done:\n	default:\n		close(s.done)\n	}\n"},
		"TestManyMayClose", verdict.Panicked, "close of closed channel",
	},
	{
		"locks in two orders",
		[]string{"			s.mu.Lock()\n			s.auditMu.Lock()\n			n := len(s.audit)\n", "			s.auditMu.Lock()\n			s.mu.Lock()\n			n := len(s.audit)\n"},
		"TestClientsAtOnce", verdict.Failed, "hub.go:",
	},
	{
		"lock held across a slow write",
		[]string{"		select {\n		case c.queue <- append([]byte(nil), line...):\n		default: // it does not read; let it miss a line\n		}\n", "		c.conn.Write(line)\n"},
		"TestDeafClientDelaysNobody", verdict.Failed, "hub.go:",
	},
	{
		"goroutine left behind",
		[]string{"	defer writer.Wait()\n	defer close(c.queue)\n", ""},
		"TestLeaverLeavesNothing", verdict.Leaked, "(*client).write",
	},
	{
		"buffer used again while it is queued",
		[]string{"c.queue <- append([]byte(nil), line...)", "c.queue <- line"},
		"TestClientsAtOnce", verdict.Raced, "hub.go:",
	},
}

func TestEveryClassOfBugIsFoundUnderEverySchedule(t *testing.T) {
	needs.Time(t)
	z := newZoo(t)
	right := z.build(t)
	for _, p := range []string{"1", ""} {
		t.Setenv("GOMAXPROCS", p)
		for _, check := range []string{"TestClientsAtOnce", "TestNameHasOneOwner", "TestServeWaitsForHandlers", "TestManyMayClose", "TestDeafClientDelaysNobody", "TestLeaverLeavesNothing"} {
			for seed := range *seeds {
				v := z.run(t, right, check, seed)
				assert.True(t, v.Passed(), "false alarm of %s, seed %d: %s\n%s", check, seed+1, v.Status, v.Message)
			}
		}
	}
	for _, bug := range bugs {
		t.Run(bug.name, func(t *testing.T) {
			bin := z.build(t, bug.edits...)
			for _, p := range []string{"1", ""} {
				t.Setenv("GOMAXPROCS", p)
				for seed := range *seeds {
					v := z.run(t, bin, bug.check, seed)
					require.False(t, v.Passed(), "%s missed it with seed %d, GOMAXPROCS=%s", bug.check, seed+1, p)
					if bug.status != "" {
						assert.Equal(t, bug.status, v.Status, v.Message)
					}
					assert.Contains(t, v.Message, bug.says)
				}
			}
		})
	}
}

// A zoo is a copy of the kit whose only lab is the server in testdata/zoo.
type zoo struct {
	root   string
	server string // its text, without a bug
	lab    *lab.Lab
}

func newZoo(t *testing.T) *zoo {
	t.Helper()
	kit, err := lab.Root(".")
	require.NoError(t, err)
	z := &zoo{root: t.TempDir()}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(kit, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(z.root, name), data, 0o644))
	}
	require.NoError(t, os.CopyFS(filepath.Join(z.root, "harness"), os.DirFS(filepath.Join(kit, "harness"))))
	require.NoError(t, os.CopyFS(filepath.Join(z.root, "labs", "90"), os.DirFS(filepath.Join("testdata", "zoo"))))
	data, err := os.ReadFile(filepath.Join("testdata", "zoo", "hub.go"))
	require.NoError(t, err)
	z.server = string(data)
	z.lab = &lab.Lab{ID: "90", Root: z.root, Name: "hub", Files: []string{"hub.go"}}
	return z
}

// build puts a bug into the server and compiles it for grading.
func (z *zoo) build(t *testing.T, edits ...string) *build.Binary {
	t.Helper()
	text := z.server
	for i := 0; i < len(edits); i += 2 {
		require.Equal(t, 1, strings.Count(text, edits[i]), "the server has changed: %q", edits[i])
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	from := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(from, "hub.go"), []byte(text), 0o644))
	bin, err := (&build.Builder{Root: z.root, Dir: t.TempDir(), Perturb: true}).Test(t.Context(), z.lab, from)
	require.NoError(t, err)
	return bin
}

func (z *zoo) run(t *testing.T, bin *build.Binary, check string, seed int) judge.Verdict {
	t.Helper()
	j := &judge.Judge{Dir: t.TempDir(), Seed: uint64(seed) + 1}
	v, err := j.Run(t.Context(), bin, lab.Check{Name: check})
	require.NoError(t, err)
	return v
}
