package roster

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"lockstep/harness/visible"
)

// What the columns are called that are read, the more telling name first. Others are passed over.
var (
	idColumns    = []string{"id", "id number", "idnumber", "student id", "student number"}
	sisColumns   = []string{"sis user id"} // Canvas: its own ID is another column
	loginColumns = []string{"login", "username", "user name", "login id", "sis login id"}
	mailColumns  = []string{"email", "e-mail", "email address", "e-mail address"}
	nameColumns  = []string{"name", "full name", "student", "student name"}
	firstColumns = []string{"first name", "firstname", "given name"}
	lastColumns  = []string{"last name", "lastname", "surname", "family name"}
)

const excel = "save it as \"CSV UTF-8\""

// Read reads a roster: UTF-8, with commas, semicolons or tabs between the cells. What is wrong with it
// is told with file, line and remedy.
func Read(file string) (*Roster, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("%s is UTF-16; %s", file, excel)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	line := 0
	for text := range bytes.Lines(data) {
		if line++; !utf8.Valid(text) {
			return nil, fmt.Errorf("%s:%d: a letter is not UTF-8; %s", file, line, excel)
		}
	}
	r := &Roster{File: file}
	if err := r.read(data); err != nil {
		return nil, err
	}
	if len(r.People) == 0 {
		return nil, fmt.Errorf("%s holds nobody; it should have a header, such as login,name, and a line for each student", file)
	}
	return r, nil
}

func (r *Roster) read(data []byte) error {
	table := csv.NewReader(bytes.NewReader(data))
	header, _, _ := bytes.Cut(data, []byte("\n"))
	table.Comma = slices.MaxFunc([]rune{',', ';', '\t'}, func(a, b rune) int {
		return bytes.Count(header, []byte(string(a))) - bytes.Count(header, []byte(string(b)))
	})
	var columns map[string]int
	lines := map[string]int{} // by key, folded
	for {
		row, err := table.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return r.explain(err, len(columns), len(row))
		}
		line, _ := table.FieldPos(0)
		if columns == nil {
			if columns, err = r.columns(row, line); err != nil {
				return err
			}
			continue
		}
		p, names, accounts := person(columns, row)
		switch other := lines[fold(p.Key)]; {
		case strings.Join(row, "") == "", p.name == pointsPossible:
			continue
		case p.Key == "":
			return fmt.Errorf("%s:%d: the line names nobody; fill it in, or take it out", r.File, line)
		case other > 0:
			return fmt.Errorf("%s:%d: %s stands in line %d already; give each student an id or a login of their own", r.File, line, p.Key, other)
		}
		p.Line = line
		lines[fold(p.Key)] = line
		for _, name := range names {
			r.index.Add(len(r.People), name, accounts...)
		}
		r.People = append(r.People, p)
	}
}

// pointsPossible is what the second line of Canvas' gradebook has for a name.
const pointsPossible = "Points Possible"

// columns reads the header: where the columns are, by their names.
func (r *Roster) columns(header []string, line int) (map[string]int, error) {
	columns := map[string]int{}
	for i, title := range header {
		title = strings.ReplaceAll(fold(title), "_", " ")
		if at, ok := columns[title]; ok && title != "" {
			return nil, fmt.Errorf("%s:%d: columns %d and %d are both called %q; take one of them out", r.File, line, at+1, i+1, title)
		}
		columns[title] = i
	}
	for _, titles := range [][]string{idColumns, sisColumns, loginColumns, mailColumns, nameColumns, firstColumns, lastColumns} {
		if slices.ContainsFunc(titles, func(title string) bool { _, ok := columns[title]; return ok }) {
			return columns, nil
		}
	}
	return nil, fmt.Errorf("%s:%d: no column says who the students are; call one id, login, email or name", r.File, line)
}

// person reads a row, and how this person is called.
func person(columns map[string]int, row []string) (p Person, names, accounts []string) {
	cell := func(titles []string) string {
		for _, title := range titles {
			if i, ok := columns[title]; ok && strings.TrimSpace(row[i]) != "" {
				return strings.TrimSpace(row[i])
			}
		}
		return ""
	}
	id, sis, login, mail, name := cell(idColumns), cell(sisColumns), cell(loginColumns), cell(mailColumns), cell(nameColumns)
	parts := strings.TrimSpace(cell(firstColumns) + " " + cell(lastColumns))
	key := cmp.Or(login, sis, id, mail, name, parts)
	p.Key, p.name = visible.Name(key), visible.Name(cmp.Or(name, parts, key))
	return p, []string{name, parts}, []string{id, sis, login, mail}
}

// explain says what the CSV reader has found, and what to do.
func (r *Roster) explain(err error, columns, cells int) error {
	bad, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case !ok:
		return fmt.Errorf("%s: %w", r.File, err)
	case errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("%s:%d: the line has %d cells, and the header %d; put a name with a comma into double quotes", r.File, bad.StartLine, cells, columns)
	default:
		return fmt.Errorf("%s:%d: %w; put what holds double quotes into double quotes, and write those twice", r.File, bad.StartLine, bad.Err)
	}
}
