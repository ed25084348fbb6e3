package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"lockstep/harness/collect"
	"lockstep/harness/lab"
	"lockstep/harness/report"
	"lockstep/harness/results"
	"lockstep/harness/roster"
	"lockstep/harness/shard"
)

// A class is the roster of a grading; nil if there is none.
type class struct {
	roster  *roster.Roster
	missing []roster.Person
}

// readRoster reads a roster; "" is none.
func readRoster(file string) (*class, error) {
	if file == "" {
		return nil, nil
	}
	r, err := roster.Read(file)
	if err != nil {
		return nil, err
	}
	return &class{roster: r}, nil
}

// name calls the submissions what the roster calls their students, and tells whose is not clear.
func (c *class) name(s *session, submissions []collect.Submission) {
	if c == nil {
		return
	}
	var names []string
	for _, one := range submissions {
		names = append(names, one.Student)
	}
	m := c.match(names)
	c.tell(s.stderr, m)
	for i, one := range submissions {
		submissions[i].Student = m.Student[one.Student]
	}
}

// match matches names, some of them repeated, and remembers who is missing.
func (c *class) match(names []string) *roster.Matching {
	slices.Sort(names)
	m := c.roster.Match(slices.Compact(names))
	c.missing = m.Missing
	return m
}

// tell says what is not clear.
func (c *class) tell(w io.Writer, m *roster.Matching) {
	tell := func(format string, args ...any) { fmt.Fprintf(w, "lockstep: roster: "+format+"\n", args...) }
	for _, name := range m.Nobody {
		tell("%s is nobody in %s; graded under this name", name, c.roster.File)
	}
	for _, u := range m.Unclear {
		tell("%s could be %s; graded as %s: rename it to an id or a login", u.Name, people(u.People), m.Student[u.Name])
	}
	for _, t := range m.Twice {
		var as []string
		for _, name := range t.Names {
			as = append(as, m.Student[name])
		}
		tell("%s are both %s; graded as %s: take one of them out", strings.Join(t.Names, " and "), t.Person, strings.Join(as, " and "))
	}
}

// people lists persons with the lines of the roster that they stand in.
func people(all []roster.Person) string {
	var texts []string
	for _, p := range all {
		texts = append(texts, fmt.Sprintf("%v in line %d", p, p.Line))
	}
	return strings.Join(texts, " or ")
}

// write writes the reports of a part of the class into a folder, prints the table, and lists who handed in nothing.
func (c *class) write(s *session, dir string, labs []*lab.Lab, r *results.Results, part shard.Shard) error {
	var missing []string
	if c != nil {
		for _, p := range c.roster.People {
			if part.Has(p.Key) {
				r.Class = append(r.Class, p.Key)
			}
		}
		for _, p := range c.missing {
			if part.Has(p.Key) {
				missing = append(missing, p.String())
			}
		}
	}
	r.Shard = part.String()
	if err := writePages(dir, r); err != nil {
		return err
	}
	if err := report.WriteFolder(dir, labs, r); err != nil {
		return err
	}
	report.Table(s.stdout, r)
	if len(missing) > 0 {
		fmt.Fprintf(s.stdout, "\nno submission from %d: %s\n", len(missing), strings.Join(missing, ", "))
	}
	fmt.Fprintf(s.stdout, "\n%s: report.html, results.json, grades.csv, junit.xml, and feedback for each student\n", dir)
	return nil
}
