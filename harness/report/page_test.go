package report_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/report"
	"lockstep/harness/results"
)

func TestPageSaysWhatConfinedSubmissions(t *testing.T) {
	for _, row := range []struct {
		name    string
		sandbox *results.Confinement
		want    string
	}{
		{"none", &results.Confinement{Name: "none", Restrictions: []results.Restriction{{Name: "files", How: "all"}}}, "submissions confined by <span title=\"files: NOT confined, "},
		{"some", &results.Confinement{Name: "bubblewrap 0.8.0", Restrictions: []results.Restriction{{Name: "network", How: "its own", Active: true}}}, `<span title="network: its own">bubblewrap 0.8.0</span>`},
		{"results of an older kit", nil, "built with go1.26.8</p>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var page bytes.Buffer
			require.NoError(t, report.Page(&page, nil, &results.Results{Go: "go1.26.8", Sandbox: row.sandbox}))
			assert.Contains(t, page.String(), row.want)
		})
	}
}
