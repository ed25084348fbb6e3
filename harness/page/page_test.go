package page_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/page"
	"lockstep/harness/trace"
)

var update = flag.Bool("update", false, "record the traces in testdata anew")

// recorded are the real runs in testdata, by file: an answer, and the check that fails it.
var recorded = map[string]struct{ lab, answer, check string }{
	"race":     {"04", "stub", "TestManyClientsAtOnce"},         // a race without a lock anywhere
	"between":  {"04", "betweenlocks", "TestManyClientsAtOnce"}, // with locks that order the wrong lines
	"lost":     {"05", "countlater", "TestStories"},             // handlers and writers; a long message
	"lookup":   {"07", "lookupfirst", "TestOneNameIsRegisteredOnce"},
	"deadlock": {"08", "lockedwait", "TestExitShutsDown"}, // who waits for whom, in five lanes
	"crowd":    {"05", "countlater", "TestFiftyClientsAtOnce"},
}

// TestTraces records them: go test ./harness/page -run TestTraces -update
func TestTraces(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	for name, of := range recorded {
		file := filepath.Join("testdata", name+".json")
		if *update {
			l, err := lab.Find(root, of.lab)
			require.NoError(t, err)
			a, err := answers.Find(l, of.answer)
			require.NoError(t, err)
			check, ok := l.Check(of.check)
			require.True(t, ok, of.check)
			b, unsteered, err := build.Graded(root, t.TempDir())
			require.NoError(t, err)
			require.Nil(t, unsteered)
			bin, err := b.TestFiles(t.Context(), l, a.Files)
			require.NoError(t, err)
			v, err := (&judge.Judge{Dir: t.TempDir()}).Run(t.Context(), bin, check)
			require.NoError(t, err)
			tr, err := trace.Of(bin, v, "")
			require.NoError(t, err)
			require.NotNil(t, tr, "%s passes %s", of.answer, of.check)
			tr.Replay.Events = nil // the page does not have them
			var text bytes.Buffer
			require.NoError(t, tr.Write(&text))
			require.NoError(t, os.WriteFile(file, text.Bytes(), 0o644))
		}
		read(t, name)
	}
}

// read reads a trace in testdata.
func read(t *testing.T, name string) *trace.Trace {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	defer f.Close()
	tr, err := trace.Read(f)
	require.NoError(t, err, name)
	return tr
}

func write(t *testing.T, traces ...*trace.Trace) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, page.Write(&b, traces...))
	return b.String()
}

func TestAPageIsOneFile(t *testing.T) {
	for name := range recorded {
		tr := read(t, name)
		text := write(t, tr)
		assert.Less(t, len(text), 1<<20, name)
		assert.NotRegexp(t, `(src|href)=|url\(|@import|//cdn`, strings.ReplaceAll(text, data(t, text), ""), name)
		assert.Regexp(t, `default-src &#39;none&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;; style-src &#39;sha256-[^ ]*&#39;; script-src &#39;sha256-[^ ]*&#39;"`, text, name)
		var shown trace.Trace
		require.NoError(t, json.Unmarshal([]byte(data(t, text)), &shown))
		assert.Equal(t, tr.Runs, shown.Runs, "all of the run is there")
		assert.Empty(t, shown.Replay.Events)
		assert.Empty(t, shown.Replay.Schedule)
	}
}

// data is what stands between the tags of a page's first trace.
func data(t *testing.T, text string) string {
	t.Helper()
	found := regexp.MustCompile(`(?s)<script type="application/json" class="trace">(.*?)</script>`).FindStringSubmatch(text)
	require.NotNil(t, found)
	return found[1]
}

func TestWhatAProgramSaysIsNeverMarkup(t *testing.T) {
	tr := read(t, "lost")
	attack := "</script><script>alert(1)</script><!--\u202e"
	tr.Title, tr.Runs[0].Steps[1].What, tr.Runs[0].End.Failure.Actual = attack, attack, attack
	text := write(t, tr)
	assert.NotContains(t, data(t, text), "<")
	assert.NotContains(t, text, "\u202e", "what turns the direction of writing is written so that it shows")
	assert.Contains(t, text, `\\u202e`)
}

func TestAPageShowsSomething(t *testing.T) {
	assert.ErrorContains(t, page.Write(&bytes.Buffer{}), "no trace")
}
