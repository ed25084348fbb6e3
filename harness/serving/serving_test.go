package serving

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
)

var update = flag.Bool("update", false, "rewrite testdata")

// The first client asks when the time that it dawdles is over: whether the others have their answers by
// then does not depend on how fast the machine is.
func TestOnlyTheSerialServerMakesOthersWait(t *testing.T) {
	needs.Time(t)
	root, err := lab.Root(".")
	require.NoError(t, err)
	timelines, err := Record(t.Context(), &build.Builder{Root: root, Dir: t.TempDir()}, Models, 50*time.Millisecond)
	require.NoError(t, err)
	require.Len(t, timelines, 2)
	for _, timeline := range timelines {
		require.Len(t, timeline.visits, clients)
		first := timeline.visits[0]
		for _, v := range timeline.visits[1:] {
			if timeline.model.waits {
				assert.Greater(t, v.answered, first.asked, "client %d of the %s server", v.client, timeline.model.name)
			} else {
				assert.Less(t, v.answered, first.asked, "client %d of the %s server", v.client, timeline.model.name)
			}
		}
	}
}

func TestServerThatAnswersSomethingElseIsToldApart(t *testing.T) {
	root, err := lab.Root(".")
	require.NoError(t, err)
	m := Models[1]
	m.reply = "Something else"
	_, err = Record(t.Context(), &build.Builder{Root: root, Dir: t.TempDir()}, []Model{m}, time.Millisecond)
	require.ErrorContains(t, err, `the threaded server: client`)
	require.ErrorContains(t, err, `waited for "Something else" and got "Echo: hello"`)
}

func TestPlot(t *testing.T) {
	ms := time.Millisecond
	timelines := []Timeline{
		{Models[0], []visit{{1, 0, 2000 * ms, 2001 * ms}, {2, 200 * ms, 200 * ms, 2002 * ms}, {3, 400 * ms, 400 * ms, 2003 * ms}}},
		{Models[1], []visit{{1, 0, 1000 * ms, 1001 * ms}, {2, 200 * ms, 200 * ms, 201 * ms}, {3, 400 * ms, 400 * ms, 401 * ms}}},
	}
	var out bytes.Buffer
	Print(&colorprofile.Writer{Forward: &out, Profile: colorprofile.NoTTY}, timelines)
	file := filepath.Join("testdata", "plot.golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), out.String(), "go test ./harness/serving -update if it is better now")
	assert.Equal(t, Measurement{"serial", 2, 200, 200, 2002}, Measurements(timelines)[1])
}
