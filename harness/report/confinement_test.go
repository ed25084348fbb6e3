package report

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPageSaysWhatConfinedSubmissions(t *testing.T) {
	for _, row := range []struct {
		name    string
		sandbox *Confinement
		want    string
	}{
		{"none", NewConfinement(nil), "submissions confined by <span title=\"files: NOT confined, "},
		{"some", &Confinement{"bubblewrap 0.8.0", []Limit{{"network", "its own", true}}}, `<span title="network: its own">bubblewrap 0.8.0</span>`},
		{"results of an older kit", nil, "built with go1.26.8</p>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var page bytes.Buffer
			require.NoError(t, Page(&page, nil, &Results{Go: "go1.26.8", Sandbox: row.sandbox}))
			assert.Contains(t, page.String(), row.want)
		})
	}
}
