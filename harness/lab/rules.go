package lab

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Rule is a sentence of what a handout says that the student's code has to do. Remarks in brackets are none.
type Rule struct {
	Number string // 2.1 is the first sentence of rule 2
	Text   string
}

var (
	heading = regexp.MustCompile(`^## What the (server|client|code) has to do`)
	item    = regexp.MustCompile(`^(\d+)\. (.*)`)

	remark = regexp.MustCompile("\\([A-Z`][^()]*(\\([^()]*\\)[^()]*)*[.?!]\\)")

	// A sentence ends at a full stop, or at a bracket behind it, in front of one that begins.
	ends = regexp.MustCompile("[.?!][)\"]? +([A-Z`\"(])")
)

// Rules reads the handout in a lab's folder.
func Rules(dir string) (rules []Rule, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		return nil, err
	}
	var texts []string
	var numbers []string
	in := false
	for line := range strings.Lines(strings.ReplaceAll(string(data), "\r\n", "\n")) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			in = heading.MatchString(line)
		case !in:
		case item.MatchString(line):
			m := item.FindStringSubmatch(line)
			numbers, texts = append(numbers, m[1]), append(texts, m[2])
		case strings.HasPrefix(line, "   ") && len(texts) > 0:
			texts[len(texts)-1] += " " + strings.TrimSpace(line)
		}
	}
	for i, text := range texts {
		for n, sentence := range sentences(text) {
			rules = append(rules, Rule{numbers[i] + "." + strconv.Itoa(n+1), sentence})
		}
	}
	return rules, nil
}

// sentences takes a text apart.
func sentences(text string) (all []string) {
	text = strings.TrimSpace(remark.ReplaceAllString(text, ""))
	for {
		at := ends.FindStringSubmatchIndex(text)
		if at == nil {
			return append(all, strings.TrimSpace(text))
		}
		all = append(all, strings.TrimSpace(text[:at[2]]))
		text = text[at[2]:]
	}
}

// Sentence is the text of a rule.
func Sentence(dir, number string) (string, error) {
	rules, err := Rules(dir)
	if err != nil {
		return "", err
	}
	for _, r := range rules {
		if r.Number == number {
			return r.Text, nil
		}
	}
	return "", fmt.Errorf("the handout has no rule %s", number)
}

// Unproven are the rules of a lab's handout that no check proves and that are not free, and the numbers in its catalogue that no rule has.
func (l *Lab) Unproven() (rules []Rule, unknown []string, err error) {
	all, err := Rules(filepath.Join(l.Root, l.Dir()))
	if err != nil {
		return nil, nil, err
	}
	named := map[string]bool{}
	for _, number := range l.Free {
		named[number] = true
	}
	for _, c := range l.Checks {
		for _, number := range c.Proves {
			named[number] = true
		}
	}
	for _, r := range all {
		if !named[r.Number] {
			rules = append(rules, r)
		}
		delete(named, r.Number)
	}
	return rules, slices.Sorted(maps.Keys(named)), nil
}
