package build_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

// perturbing is a kit with an engine that does nothing but tell that it is linked: once for yields, once for locks. Package
// real of this kit knows the standard library's locks.
func perturbing(t *testing.T) (*build.Builder, *lab.Lab) {
	t.Helper()
	b, l := kit(t)
	b.Perturb = true
	write(t, b.Root, "harness/perturb/engine/x.go", `package engine

var told bool

func Y(uint32) {
	if !told {
		told = true
		println("yields")
	}
}

func Started(n uint32) { Y(n) }

func L(n uint32) { Y(n) }

var Quoted string

func Quote(file, text string) { Quoted += file + ": " + text }
`)
	write(t, b.Root, "harness/perturb/sync/x.go", `package sync

import "sync"

type Mutex struct{ mu sync.Mutex }

func (m *Mutex) Lock() {
	println("watched")
	m.mu.Lock()
}

func (m *Mutex) Unlock() { m.mu.Unlock() }
`)
	write(t, b.Root, "harness/real/x.go", "package real\n\nimport \"sync\"\n\nfunc Lock(mu *sync.Mutex) { mu.Lock() }\n")
	return b, l
}

const locked = `package who

import "sync"

var mu sync.Mutex

func Am() string {
	mu.Lock()
	defer mu.Unlock()
	return "answer"
}
`

// A file that makes the rewritten package fail, and only that, would turn the engine off. Package perturb has more of them.
func TestNoFileTurnsTheEngineOff(t *testing.T) {
	needs.Time(t)
	b, l := perturbing(t)
	for name, more := range map[string]string{
		"variable":       "var lockstep_engine = 0",
		"import":         "import lockstep_engine \"time\"\n\nvar _ lockstep_engine.Time",
		"sync elsewhere": "import s \"sync\"\n\nvar pointer *s.Mutex = &mu",
	} {
		t.Run(name, func(t *testing.T) {
			bin, err := b.TestFiles(t.Context(), l, []lab.File{
				{Name: "who.go", Data: []byte(locked)},
				{Name: "zzz.go", Data: []byte("package who\n\n" + more + "\n")},
			})
			require.NoError(t, err)
			assert.Empty(t, bin.Without)
			out := run(t, bin)
			assert.Contains(t, out, "yields")
			assert.Contains(t, out, "watched")
			assert.Contains(t, out, "answer")
		})
	}
}

func TestLocksForWhoKnowsTheRealOnesAreLeftAloneAndThatIsSaid(t *testing.T) {
	needs.Time(t)
	b, l := perturbing(t)
	bin, err := b.TestFiles(t.Context(), l, files(`package who

import (
	"sync"

	"lockstep/harness/real"
)

func Am() string {
	var mu sync.Mutex
	real.Lock(&mu)
	return "answer"
}
`))
	require.NoError(t, err)
	assert.Contains(t, bin.Without, "lock knowledge was left out")
	out := run(t, bin)
	assert.Contains(t, out, "answer")
	assert.Contains(t, out, "yields")
}

// The small kit has no engine to link: what the rewriter makes of a file cannot be built.
func TestFilesThatOnlyCompileAsWrittenAreNotBuiltInSilence(t *testing.T) {
	needs.Time(t)
	b, l := kit(t)
	b.Perturb = true
	_, err := b.TestFiles(t.Context(), l, files("package who\n\nfunc Am() string { return \"answer\" }\n"))
	ours, ok := errors.AsType[*build.RewriteError](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, ours.Output, "lockstep/harness/perturb/engine")
	assert.Contains(t, ours.Error(), "report it")

	_, err = b.TestFiles(t.Context(), l, files("package who\n\nfunc Am() string { return 1 }\n"))
	bad, ok := errors.AsType[*build.CompileError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, `who.go:3:27: cannot use 1 (untyped int constant) as string value in return statement`, bad.Output, "with the author's columns")
}
