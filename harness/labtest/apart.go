package labtest

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Apart quotes two texts for a message that says how they differ: of a long one what is around their first difference, and how long it is.
func Apart(a, b string) (string, string) {
	at := differ([]byte(a), []byte(b))
	return around(a, at), around(b, at)
}

// How much of a long text is shown.
const (
	uncut  = 120 // is shown whole
	before = 30  // bytes in front of the place
	behind = 60
)

// around quotes the part of a text around a byte.
func around(text string, at int) string {
	if len(text) <= uncut {
		return strconv.Quote(text)
	}
	from, to := max(0, at-before), min(len(text), at+behind)
	for from > 0 && from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	for to > at && to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	shown := strconv.Quote(text[from:to])
	if from > 0 {
		shown = "... " + shown
	}
	if to < len(text) {
		shown += " ..."
	}
	if from > 0 {
		return fmt.Sprintf("%s (from byte %d of %d)", shown, from+1, len(text))
	}
	return fmt.Sprintf("%s (%d bytes)", shown, len(text))
}
