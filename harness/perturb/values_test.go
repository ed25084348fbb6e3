package perturb

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
)

func TestStoresThatAreTold(t *testing.T) {
	told := regexp.MustCompile(`; lockstep_engine\.V\(\d+, (\d+), &([\pL\pN_.]+)\)`)
	for _, row := range []struct{ body, want string }{
		{"s.n++", "0 s.n"},
		{"s.n += f()", "0 s.n"},
		{"s.n, s.m = s.m, s.n", "0 s.n, 1 s.m"},
		{"s.all = append(s.all, 1)", "0 s.all"},
		{"s.by[1] = 2", "0 s.by"},
		{"s.by[f()] = 2", "0 s.by"},
		{"delete(s.by, 1)", "0 s.by"},
		{"clear(s.by)", "0 s.by"},
		{"if true { s.n = 1 }", "0 s.n"},
		{"total++", "0 total"},
		{"total = f()", "0 total"},
		{"s.in.n++", "0 s.in.n"},
		{"s.in.n = f()", ""},      // s.in may be another one when f has returned
		{"shared.n = <-wait", ""}, // and so may shared
		{"shared.n = len(wait)", "0 shared.n"},
		{"n := 1; n++", ""},              // nobody else sees it
		{"n := 1; func() { n++ }()", ""}, // and to take its address would be its only use
		{"n := 1; func() { n++ }(); _ = n", "0 n"},
		{"s.all[0].n++", ""},
		{"*p = 1", ""},
		{"_ = f()", ""},
		{"s.do = func() {\n}", ""}, // what is wrong with it would be told of two lines
		{"for s.n = 0; s.n < 3; s.n++ {\n}", ""},
	} {
		src := "package p\n\nvar total int\nvar shared *T\nvar wait chan int\n\nfunc h(s *T, p *int) {\n" + row.body + "\n}\n"
		all, err := Package([]lab.File{{Name: "a.go", Data: []byte(src)}})
		require.NoError(t, err)
		var got []string
		for _, m := range told.FindAllSubmatch(all[0].Data, -1) {
			got = append(got, string(m[1])+" "+string(m[2]))
		}
		assert.Equal(t, row.want, strings.Join(got, ", "), row.body)
	}
}
