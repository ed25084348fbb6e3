package race_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/race"
)

var update = flag.Bool("update", false, "write what is explained into testdata")

// Each archive under testdata holds the source of a student, the report of the race in it and the
// explanation that it must get.
func TestExplain(t *testing.T) {
	for _, name := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".txtar")
			ar, err := txtar.ParseFile(path)
			require.NoError(t, err)
			got := explainAll(ar)
			if *update {
				set(ar, "want", got)
				require.NoError(t, os.WriteFile(path, txtar.Format(ar), 0o644))
				return
			}
			assert.Equal(t, file(ar, "want"), got)
		})
	}
}

// explainAll says of every report what a caller would print.
func explainAll(ar *txtar.Archive) string {
	explainer := race.Explainer{
		Own: func(name string) bool {
			rest, ok := strings.CutPrefix(name, home+"/labs/")
			return ok && !strings.HasSuffix(rest, "_test.go")
		},
		Source: func(name string) ([]byte, error) {
			text := file(ar, strings.TrimPrefix(name, home+"/"))
			if text == "" {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		},
	}
	var b strings.Builder
	seen := map[string]bool{}
	for _, r := range race.Parse(file(ar, "report")) {
		if key := r.Key(explainer.Own); !seen[key] {
			seen[key] = true
			b.WriteString(explainer.Explain(r))
		} else {
			b.WriteString("the same race as above\n")
		}
	}
	return b.String()
}

func file(ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}
