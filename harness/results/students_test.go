package results_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/results"
	"lockstep/harness/visible"
)

func TestFilesOfStudents(t *testing.T) {
	const hashed = `~[0-9a-f]{16}$`
	for _, row := range []struct {
		name     string
		students []string
		want     []string // expressions
	}{
		{"plain", []string{"Amira Khan", "Ben Öz", "김민수", "a.khan@uni.example", "10"}, []string{"^10$", "^Amira Khan$", "^Ben Öz$", "^a.khan@uni.example$", "^김민수$"}},
		{"capital letters", []string{"AMIRA", "amira"}, []string{"^AMIRA" + hashed, "^amira" + hashed}},
		{"accents", []string{"Oe", "O\u0308z", "Öz"}, []string{"^Oe$", "^O\u0308z" + hashed, "^Öz" + hashed}},
		{"one is called like another's file", []string{"AMIRA", "AMIRA~57bd2ad6bf58ce99", "amira"}, []string{"^AMIRA~57bd2ad6bf58ce99$", "^AMIRA_57bd2ad6bf58ce99" + hashed, "^amira" + hashed}},
		{"devices of Windows", []string{"CON", "aux.x", "com1", "com¹", "conrad", "nul "}, []string{"^_CON" + hashed, "^_aux.x" + hashed, "^_com1" + hashed, "^_com¹" + hashed, "^conrad$", "^nul_x20" + hashed}},
		{"hidden, flags, dots", []string{"-rf", "..", ".git", "x."}, []string{"^rf" + hashed, "^_" + hashed, "^git" + hashed, "^x" + hashed}},
		{"out of the folder", []string{"../../x", `..\x`, "/etc/passwd", "C:x"}, []string{`^_.._x` + hashed, `^__x` + hashed, "^_etc_passwd" + hashed, "^C_x" + hashed}},
		{"long", []string{strings.Repeat("김", 40), strings.Repeat("x", 100), strings.Repeat("x", 101)}, []string{"^x{100}$", "^x{83}" + hashed, "^김{27}" + hashed}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var submissions []results.SubmissionResult
			for _, name := range row.students {
				submissions = append(submissions, results.Unjudged(visible.Name(name), echo, results.NotCompiled, ""))
			}
			students := results.New(submissions, 1).Students()
			require.Len(t, students, len(row.want))
			for i, s := range students {
				assert.Regexp(t, row.want[i], s.File, s.Name)
			}
		})
	}
}
