// Package visible, of the grader, writes what others have chosen so that all of it is seen and nothing of it acts: no control
// character reaches a terminal, none that turns the direction of writing or has no width reaches a page, and
// bytes that are no UTF-8 are not lost on the way through JSON.
//
//	visible.Name("\xff")          // \xff
//	visible.Name("fdp\u202eexe")  // fdp\u202eexe
//	visible.Name(`a\b`)           // a\\b
//	visible.Line("a\nb")          // a\nb
//
// What cannot be seen is written as Go writes it in a string. A name is written once, where it comes in; all that is
// behind then has a text that is safe as it is, and two names that differ stay two. For texts that are only read by
// people there are [Line] and [Text], which may be applied as often as one likes.
package visible

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name writes a name, whatever its bytes are. No two names are written the same, and [Raw] reads them again: a
// backslash is doubled, and a space that nobody sees, because it comes first, last or behind another one, is \x20.
func Name(raw string) string { return write(raw, `\`+"\n\t", true) }

// Line writes a text on one line.
func Line(text string) string { return write(text, "\n\t", false) }

// Text writes a text of several lines: line feeds and tabs stay what they are.
func Text(text string) string { return write(text, "", false) }

// Raw is the name that [Name] has written so. What Name never writes is no name.
func Raw(name string) (raw string, ok bool) {
	if !strings.Contains(name, `\`) { // most
		return name, Name(name) == name
	}
	var b strings.Builder
	for rest := name; rest != ""; {
		r, multibyte, tail, err := strconv.UnquoteChar(rest, 0)
		if err != nil {
			return "", false
		}
		if rest = tail; r < utf8.RuneSelf || !multibyte {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String(), Name(b.String()) == name
}

// most is how many marks, such as accents, may stand on one letter. More of them reach into the lines of others.
const most = 4

// write escapes what does not show, the characters in also, and spaces that do not show if those count.
func write(text, also string, spaces bool) string {
	var b strings.Builder
	marks := most // in front of the first letter there is nothing that a mark could stand on
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		next := i + size
		switch {
		case unicode.Is(unicode.M, r):
			marks++
		case r == '\n':
			marks = most
		default:
			marks = 0
		}
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[i]), 16))
		case r == '\\' && strings.ContainsRune(also, r):
			b.WriteString(`\\`)
		case r == ' ' && spaces && (i == 0 || next == len(text) || text[i-1] == ' '):
			b.WriteString(`\x20`)
		case (r == '\n' || r == '\t') && !strings.ContainsRune(also, r):
			b.WriteRune(r)
		case !shows(r) || marks > most:
			b.WriteString(escape(r))
		default:
			b.WriteString(text[i:next])
		}
		i = next
	}
	return b.String()
}

// shows tells whether a character leaves something to see where it stands, and does nothing else.
func shows(r rune) bool {
	return strconv.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escape(r rune) string {
	quoted := strconv.QuoteToASCII(string(r)) // also of an accent, which is no control character
	return quoted[1 : len(quoted)-1]
}
