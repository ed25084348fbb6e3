// Package roster says who is in a class, and whose submission is whose.
//
//	r, err := roster.Read("students.csv")
//	m := r.Match([]string{"khanamira", "Ben Öz"})
//	m.Student["khanamira"] // amira, her login
//
// A roster is a CSV file with a header: Moodle's list of participants, Canvas' gradebook, or one made by
// hand. A submission is matched by id, login, e-mail address or name, and never guessed: one that fits
// nobody, or more than one person, keeps its own name.
package roster

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Roster is a class.
type Roster struct {
	File   string
	People []Person         // in the file's order; no two have the same Key
	forms  map[string][]int // who is called so: indexes of People
}

// A Person is one row.
type Person struct {
	Key  string // what results call this student: the login, or else the id, the e-mail address, the name
	Name string // for people; the key if there is none
	Line int
}

// String is the person for people: amira (Amira Khan).
func (p Person) String() string {
	if p.Name == p.Key {
		return p.Key
	}
	return p.Key + " (" + p.Name + ")"
}

// A Matching says whose the submissions are.
type Matching struct {
	Student map[string]string // what results call a submission, by its name; no two are the same
	Nobody  []string          // submissions that fit nobody
	Unclear []Unclear         // submissions that fit several persons
	Twice   []Twice           // persons whom several submissions fit
	Missing []Person          // whom no submission fits
}

// Unclear is a submission that fits several persons.
type Unclear struct {
	Name   string
	People []Person
}

// Twice is a person whom several submissions fit.
type Twice struct {
	Person Person
	Names  []string
}

// Match finds out whose submissions have these names, all different. What is not clear keeps its own name;
// if that is somebody's key, words behind it tell them apart.
func (r *Roster) Match(names []string) *Matching {
	m := &Matching{Student: map[string]string{}}
	fit := make([]bool, len(r.People))
	sure := make([][]string, len(r.People)) // the submissions that fit this person and nobody else
	for _, name := range names {
		people := r.find(name)
		for _, p := range people {
			fit[p] = true
		}
		switch len(people) {
		case 0:
			m.Nobody = append(m.Nobody, name)
		case 1:
			sure[people[0]] = append(sure[people[0]], name)
		default:
			u := Unclear{Name: name}
			for _, p := range people {
				u.People = append(u.People, r.People[p])
			}
			m.Unclear = append(m.Unclear, u)
		}
	}
	taken := map[string]bool{}
	for i, p := range r.People {
		taken[p.Key] = true
		switch {
		case len(sure[i]) == 1:
			m.Student[sure[i][0]] = p.Key
		case len(sure[i]) > 1:
			m.Twice = append(m.Twice, Twice{p, sure[i]})
		case !fit[i]:
			m.Missing = append(m.Missing, p)
		}
	}
	for _, name := range names {
		if _, ok := m.Student[name]; ok {
			continue
		}
		own := name
		for taken[own] {
			own += " (unclear)"
		}
		taken[own] = true
		m.Student[name] = own
	}
	return m
}

// find lists the persons who are called so.
func (r *Roster) find(name string) []int {
	people := slices.Concat(r.forms[fold(name)], r.forms[strings.Join(words(name), " ")])
	slices.Sort(people)
	return slices.Compact(people)
}

// called adds a person's forms.
func (r *Roster) called(person int, forms []string) {
	for _, form := range forms {
		if form != "" && !slices.Contains(r.forms[form], person) {
			r.forms[form] = append(r.forms[form], person)
		}
	}
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
