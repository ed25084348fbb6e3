package perturb_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/perturb"
)

// A recording tells of statements by their numbers, which are those of all files of a package.
func TestStatementsAreFoundByTheirNumbers(t *testing.T) {
	sites, err := perturb.Sites([]lab.File{
		{Name: "a.go", Data: []byte("package p\n\nfunc f() {\n\tif g(\n\t\t1) {\n\t\th()\n\t}\n}\n")},
		{Name: "b.go", Data: []byte("package p\n\nfunc (s *S) g() {\n\tfor {\n\t}\n}\n")},
	})
	require.NoError(t, err)
	var all []string
	for _, s := range sites {
		all = append(all, fmt.Sprintf("%s:%d-%d-%d %s", s.File, s.Line, s.End, s.Last, s.Within))
	}
	assert.Equal(t, []string{"a.go:4-5-7 f", "a.go:6-6-6 f", "b.go:4-4-5 (*S).g", "b.go:4-4-5 (*S).g"}, all)
}
