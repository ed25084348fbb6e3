package roster

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"lockstep/harness/visible"
)

// An Index finds people by what they are called, in the words of the file that says so. The zero value is ready.
type Index struct {
	forms map[string][]int
}

// Add adds a person by number: accounts, such as a login or an e-mail address, are taken as they are, and a name in all
// the ways in which systems write it. It may be called more than once for a person.
func (x *Index) Add(person int, name string, accounts ...string) {
	if x.forms == nil {
		x.forms = map[string][]int{}
	}
	all := forms(name)
	for _, account := range accounts {
		all = append(all, fold(account))
	}
	for _, form := range all {
		if form != "" && !slices.Contains(x.forms[form], person) {
			x.forms[form] = append(x.forms[form], person)
		}
	}
}

// Find lists the persons who are called so, in order. The name is as [visible.Name] writes it; one with bytes that are no UTF-8 is
// nobody's, for they may stand for anything.
func (x *Index) Find(name string) []int {
	name, ok := visible.Raw(name)
	if !ok || !utf8.ValidString(name) {
		return nil
	}
	people := slices.Concat(x.forms[fold(name)], x.forms[strings.Join(words(name), " ")])
	slices.Sort(people)
	return slices.Compact(people)
}

// forms are the ways in which systems write a name: Amira Khan, Khan Amira, and khanamira.
func forms(name string) []string {
	var all []string
	w := words(name)
	for i := range w {
		turned := slices.Concat(w[i:], w[:i])
		all = append(all, strings.Join(turned, " "), strings.Map(letters, strings.Join(turned, "")))
	}
	return all
}

func letters(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
		return r
	}
	return -1
}

// words are the words of a name, folded. A comma between them is no difference.
func words(name string) []string {
	return strings.FieldsFunc(fold(name), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// fold makes equal what only capital letters tell apart, or whether an accent is a character of its
// own, as in the file names of macOS.
func fold(text string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.TrimSpace(text))))
}
