package visible_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/visible"
)

func TestNamesShow(t *testing.T) {
	for _, row := range []struct{ name, raw, want string }{
		{"plain", "Amira Khan", "Amira Khan"},
		{"other alphabets", "김민수 Ďáša 李 علي", "김민수 Ďáša 李 علي"},
		{"an accent of its own", "Ben O\u0308z", "Ben O\u0308z"},
		{"nothing", "", ""},
		{"a window's title", "\x1b]0;t\x07", `\x1b]0;t\a`},
		{"C1", "\u009b31m", `\u009b31m`},
		{"delete", "\x7f", `\x7f`},
		{"zero", "a\x00b", `a\x00b`},
		{"turned", "\u202efdp.exe", `\u202efdp.exe`},
		{"isolated", "\u2066a\u2069", `\u2066a\u2069`},
		{"no width", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"a letter that does not show", "\u3164", `\u3164`},
		{"a variation", "a\ufe0f", `a\ufe0f`},
		{"a tag", "a\U000e0061", `a\U000e0061`},
		{"another separator", "a\u2028b\u00a0c", `a\u2028b\u00a0c`},
		{"no UTF-8", "\xff", `\xff`},
		{"no UTF-8 either", "\xfe", `\xfe`},
		{"half a character", "\xe4\xbd", `\xe4\xbd`},
		{"a replacement", "\ufffd", "\ufffd"},
		{"Korean of old", "\xb1\xe8\xb9\xce\xbc\xf6", `\xb1\xe8\xb9μ\xf6`},
		{"what looks like an escape", `\xff`, `\\xff`},
		{"lines", "a\r\n\tb", `a\r\n\tb`},
		{"spaces", " a  b ", `\x20a \x20b\x20`},
		{"an accent on nothing", "\u0301a", `\u0301a`},
		{"a tower of accents", "a" + strings.Repeat("\u0301", 6), "a\u0301\u0301\u0301\u0301" + `\u0301\u0301`},
		{"a noncharacter", "\uffff", `\uffff`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := visible.Name(row.raw)
			assert.Equal(t, row.want, got)
			raw, ok := visible.Raw(got)
			assert.True(t, ok)
			assert.Equal(t, row.raw, raw)
		})
	}
}

func TestWhatNameNeverWritesIsNoName(t *testing.T) {
	for _, text := range []string{"\x1b", `\`, `a\`, `\q`, `\x41`, `\101`, `\x`, `\u0041`, "\xff", `\u202E`, "a  b", "\n", `\"`} {
		_, ok := visible.Raw(text)
		assert.False(t, ok, "%q", text)
	}
}

func TestTextsShow(t *testing.T) {
	const text = "want \"a\"\n\tgot \x1b[2J\r\n\u202e" + `\x1b`
	assert.Equal(t, "want \"a\"\n\tgot "+`\x1b[2J\r`+"\n"+`\u202e\x1b`, visible.Text(text))
	assert.Equal(t, `want "a"\n\tgot \x1b[2J\r\n\u202e\x1b`, visible.Line(text))
}

// harmless says what no output may have in it.
func harmless(t *testing.T, text, allowed string) {
	t.Helper()
	assert.True(t, utf8.ValidString(text), "%q", text)
	for _, r := range text {
		if !strings.ContainsRune(allowed, r) && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Variation_Selector) {
			t.Errorf("%q has %U in it", text, r)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"amira", "\xff\xfe", `\\x20 `, "\u202e\u0301\u0301", "a\u2028\U000e0001", "\xb1\xe8"} {
		f.Add(seed, seed+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		one, other := visible.Name(a), visible.Name(b)
		harmless(t, one, "")
		raw, ok := visible.Raw(one)
		assert.True(t, ok)
		assert.Equal(t, a, raw)
		assert.Equal(t, a == b, one == other, "%q and %q", a, b)
		assert.Equal(t, one, visible.Line(one), "a name is safe as it is")
		line, text := visible.Line(a), visible.Text(a)
		harmless(t, line, "")
		harmless(t, text, "\n\t")
		assert.Equal(t, line, visible.Line(line), "as often as one likes")
		assert.Equal(t, text, visible.Text(text), "as often as one likes")
		if raw, ok := visible.Raw(a); ok {
			assert.Equal(t, a, visible.Name(raw))
		}
	})
}
