package answers

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"lockstep/harness/lab"
)

// parse reads a patch. First there are fields, a line each, and more if the next one begins with a space; then, behind an empty line, the
// story; then the change.
//
//	Base: reference
//	Caught-By: TestScenario3: the client that asked first gets "file already closed"
//	Core: passes
//	Feedback: varies
func (m *Mistake) parse(text string) error {
	head, change := text, ""
	if i := strings.Index(text, "\n--- "); i >= 0 {
		head, change = text[:i+1], text[i+1:]
	}
	fields, story, _ := strings.Cut(head, "\n\n")
	m.Story = strings.TrimSpace(story)
	for i, line := range strings.Split(fields, "\n") {
		if strings.HasPrefix(line, " ") && i > 0 {
			continue // more of what the field above says
		}
		if err := m.set(line); err != nil {
			return fmt.Errorf("%s:%d: %w", m.Path, i+1, err)
		}
	}
	if m.Base == "" || len(m.Checks) == 0 || m.Story == "" {
		return fmt.Errorf("%s: a mistake needs \"Base: reference\", \"Caught-By: TestX\", and a story behind an empty line", m.Path)
	}
	var err error
	if m.patch, err = readPatch(change); err != nil {
		return fmt.Errorf("%s: behind line %d: %w", m.Path, strings.Count(head, "\n"), err)
	}
	m.head = head
	return nil
}

// set takes one field.
func (m *Mistake) set(line string) error {
	name, value, ok := strings.Cut(line, ": ")
	value = strings.TrimSpace(value)
	switch {
	case !ok:
		return fmt.Errorf("%q is not a field; NAME: VALUE", line)
	case name == "Base" && m.Base == "":
		m.Base = value
	case name == "Caught-By":
		check, _, _ := strings.Cut(value, ":")
		if !isTest.MatchString(check) {
			return fmt.Errorf("%q is not the name of a check; Caught-By: TestX: what it sees", check)
		}
		m.Checks = append(m.Checks, check)
	case name == "Core" && value == "passes":
		m.Core = true
	case name == "Feedback" && value == "varies":
		m.Varies = true
	default:
		return fmt.Errorf("there is no field %q; there is Base, Caught-By, \"Core: passes\" and \"Feedback: varies\"", line)
	}
	return nil
}

var isTest = regexp.MustCompile(`^Test\w+$`)

// format is the text of the patch that makes the mistake's files from those of its base.
func (m Mistake) format(from []lab.File) []byte {
	var b bytes.Buffer
	b.WriteString(strings.TrimRight(m.head, "\n") + "\n\n")
	for _, f := range m.Files {
		old, ok := find(from, f.Name)
		name := old.Name
		if !ok {
			name = "/dev/null"
		}
		_, change, _ := bytes.Cut(diff.Diff(name, old.Data, f.Name, f.Data), []byte("\n")) // without "diff OLD NEW"
		b.Write(change)
	}
	return b.Bytes()
}
