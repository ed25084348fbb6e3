package explain

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A diagnosis without an example may be one that never speaks, because another one above it always does.
func TestEachDiagnosisSpeaksForTheArchiveOfItsName(t *testing.T) {
	known := map[string]bool{}
	for _, d := range diagnoses {
		assert.False(t, known[d.name], "two diagnoses are called %s", d.name)
		known[d.name] = true
		assert.Contains(t, spoken(t, d.name), d.name)
	}
	for _, name := range archives(t) {
		for _, by := range spoken(t, name) {
			assert.True(t, known[by], "%s.txtar: there is no diagnosis %s", name, by)
		}
	}
}

// spoken lists the diagnoses that speak for an archive. TestExplain says whether they do.
func spoken(t *testing.T, archive string) []string {
	t.Helper()
	ar, err := txtar.ParseFile(filepath.Join("testdata", archive+".txtar"))
	require.NoError(t, err)
	names := strings.Fields(content(ar, "diagnosis"))
	require.NotEmpty(t, names, "%s.txtar is not recorded: go test ./harness/explain -run Explain/%s -record", archive, archive)
	return names
}
