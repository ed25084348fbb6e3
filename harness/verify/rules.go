package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/harness/lab"
)

// Rules is a table of the sentences of a lab's handout, and who proves each of them, as it stands in the lab's notes.
func Rules(l *lab.Lab) (string, error) {
	all, err := lab.Rules(filepath.Join(l.Root, l.Dir()))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| sentence | | proved by |\n| --- | --- | --- |\n")
	for _, r := range all {
		var by []string
		for _, c := range l.Checks {
			if slices.Contains(c.Proves, r.Number) {
				by = append(by, "`"+c.Name+"`")
			}
		}
		if slices.Contains(l.Free, r.Number) {
			by = append(by, "nothing can break it")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Number, strings.ReplaceAll(beginning(r.Text), "|", "\\|"), strings.Join(by, ", "))
	}
	return b.String(), nil
}

// beginning is as much of a sentence as it takes to know it.
func beginning(text string) string {
	words := strings.Fields(text)
	if len(words) <= mostWords {
		return text
	}
	cut := strings.Join(words[:mostWords], " ")
	if strings.Count(cut, "`")%2 == 1 {
		cut += "`"
	}
	return cut + " ..."
}

const mostWords = 9

// unproven says what is wrong with a lab's sentences: one that has nobody, one that is not there, a table that is not in the notes.
func unproven(l *lab.Lab) (wrong []string, err error) {
	rules, unknown, err := l.Unproven()
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		wrong = append(wrong, fmt.Sprintf("sentence %s of the handout has nobody who proves it (%s): name it under proves of a check in lab.toml, or under free if nothing can break it", r.Number, beginning(r.Text)))
	}
	for _, number := range unknown {
		wrong = append(wrong, fmt.Sprintf("lab.toml names sentence %s, and the handout has none of that number", number))
	}
	table, err := Rules(l)
	if err != nil {
		return nil, err
	}
	notes := filepath.Join(l.Root, l.SolutionDir(), "NOTES.md")
	text, err := os.ReadFile(notes)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(strings.ReplaceAll(string(text), "\r\n", "\n"), table) {
		wrong = append(wrong, fmt.Sprintf("%s has not the table of sentences as it is now: go run ./harness verify --rules %s prints it", l.SolutionDir()+"/NOTES.md", l.ID))
	}
	return wrong, nil
}
