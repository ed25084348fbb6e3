package labtest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/labtest"
)

func TestApart(t *testing.T) {
	xs, ys := strings.Repeat("x", 4096), strings.Repeat("한", 1365)
	for _, row := range []struct{ a, b, showsA, showsB string }{
		{"hello", "what?\r", `"hello"`, `"what?\r"`},
		{"", xs, `""`, `"` + xs[:60] + `" ... (4096 bytes)`},
		{"[anna] " + xs, "< The user left", `"[anna] ` + xs[:53] + `" ... (4103 bytes)`, `"< The user left"`},
		{xs, xs + "\r", `... "` + xs[:30] + `" (from byte 4067 of 4096)`, `... "` + xs[:30] + `\r" (from byte 4067 of 4097)`},
		{ys, ys[:2000] + "\xff" + ys[2001:], `... "` + ys[:54+54] + `" ... (from byte 1969 of 4095)`, ""},
	} {
		a, b := labtest.Apart(row.a, row.b)
		if row.showsB == "" { // in the middle of a letter
			assert.Contains(t, a, `... "한`)
			assert.NotContains(t, a, `\x`)
			assert.Contains(t, b, `\xff`)
			continue
		}
		assert.Equal(t, row.showsA, a)
		assert.Equal(t, row.showsB, b)
		again, _ := labtest.Apart(row.b, row.a)
		assert.Equal(t, b, again)
	}
}
