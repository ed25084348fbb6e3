package story

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The words that are not acts.
const (
	serve    = "serve"
	times    = "times"
	together = "together"
	rest     = "rest"
	end      = "end"
	say      = "say"   // sends a line
	write    = "write" // sends bytes
)

// String is the story in words, as [Parse] reads them: an act in each line, and "rest" behind a scene.
func (s Story) String() string {
	var b strings.Builder
	if s.Serve != "" {
		fmt.Fprintln(&b, serve, s.Serve)
	}
	for _, scene := range s.Scenes {
		if scene.Rounds() > 1 {
			fmt.Fprintln(&b, times, scene.Times)
		}
		if scene.Together {
			fmt.Fprintln(&b, together)
		}
		for _, a := range scene.Acts {
			fmt.Fprintln(&b, a)
		}
		fmt.Fprintln(&b, rest)
	}
	if s.End != "" {
		fmt.Fprintln(&b, end, s.End)
	}
	return b.String()
}

// String is the act in words.
func (a Act) String() string {
	words := []string{a.Verb}
	if a.Who != "" {
		words = append(words, a.Who)
	}
	line, whole := bytes.CutSuffix(a.Text, []byte("\n"))
	switch {
	case a.Text == nil:
	case a.Verb == write && whole && plain(line):
		words = append([]string{say}, append(words[1:], string(line))...)
	default:
		words = append(words, quote(a.Text))
	}
	return strings.Join(words, " ")
}

// plain tells whether a line can stand in a story as it is.
func plain(line []byte) bool {
	if len(line) == 0 || len(line) > 72 || !utf8.Valid(line) || line[0] == '"' || len(bytes.TrimSpace(line)) != len(line) {
		return false
	}
	for _, r := range string(line) {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// quote is text as Go quotes it. Long stretches of one byte stand as "x"*4096.
func quote(text []byte) string {
	var parts []string
	for from := 0; from < len(text); {
		run := 1
		for from+run < len(text) && text[from+run] == text[from] {
			run++
		}
		if run > longest {
			parts = append(parts, fmt.Sprintf("%s*%d", strconv.Quote(string(text[from:from+1])), run))
			from += run
			continue
		}
		to := from
		for to < len(text) && !repeats(text[to:]) {
			to++
		}
		parts = append(parts, strconv.Quote(string(text[from:to])))
		from = to
	}
	if len(parts) == 0 {
		return `""`
	}
	return strings.Join(parts, " ")
}

// longest is how often a byte is written out.
const longest = 20

func repeats(text []byte) bool {
	if len(text) <= longest {
		return false
	}
	for _, b := range text[:longest+1] {
		if b != text[0] {
			return false
		}
	}
	return true
}

// A SyntaxError is returned by [Parse].
type SyntaxError struct {
	Line int
	Text string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Most that a story may have: it may come from anybody.
const (
	mostActs  = 1000
	mostTimes = 1000
	mostText  = 1 << 20 // bytes, all acts together
)

// Parse reads a story. What stands behind the last "rest" is a scene, too. Empty lines, and those that begin with #, say nothing.
func Parse(text string) (Story, error) {
	var s Story
	var scene Scene
	acts, size := 0, 0
	n := 0
	wrong := func(format string, args ...any) (Story, error) {
		return Story{}, &SyntaxError{n, fmt.Sprintf(format, args...)}
	}
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, more, _ := strings.Cut(line, " ")
		switch word {
		case serve:
			if len(s.Scenes) > 0 || len(scene.Acts) > 0 {
				return wrong("%q stands in front of everything else", serve)
			}
			s.Serve = more
		case times:
			count, err := strconv.Atoi(more)
			if err != nil || count < 1 || count > mostTimes {
				return wrong("%q is no number from 1 to %d: how often is the scene played?", more, mostTimes)
			}
			scene.Times = count
		case together:
			scene.Together = true
		case rest:
			s.Scenes = append(s.Scenes, scene)
			scene = Scene{}
		case end:
			s.End = more
		default:
			a, err := parseAct(word, more)
			if err != nil {
				return wrong("%v", err)
			}
			if acts, size = acts+1, size+len(a.Text); acts > mostActs || size > mostText {
				return wrong("a story has at most %d acts, and sends at most %d bytes", mostActs, mostText)
			}
			scene.Acts = append(scene.Acts, a)
		}
	}
	if len(scene.Acts) > 0 {
		s.Scenes = append(s.Scenes, scene)
	}
	return s, nil
}

func parseAct(verb, more string) (Act, error) {
	a := Act{Verb: verb}
	a.Who, more, _ = strings.Cut(more, " ")
	switch {
	case verb == say && !strings.HasPrefix(more, `"`):
		a.Verb, a.Text = write, []byte(more+"\n")
	case more == "":
	default:
		text, err := unquote(more)
		if err != nil {
			return a, err
		}
		if a.Text = text; verb == say {
			a.Verb, a.Text = write, append(text, '\n')
		}
	}
	return a, nil
}

// unquote reads what quote writes.
func unquote(text string) ([]byte, error) {
	all := []byte{}
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s: what is sent stands in quotes, as in Go, and \"x\"*4096 repeats", text)
		}
		part, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", quoted, err)
		}
		text = text[len(quoted):]
		count := 1
		if digits, ok := strings.CutPrefix(text, "*"); ok {
			number, more, _ := strings.Cut(digits, " ")
			if count, err = strconv.Atoi(number); err != nil || count < 1 || count > mostText || count*len(part) > mostText {
				return nil, fmt.Errorf("*%s is no number from 1 to %d", number, mostText)
			}
			text = more
		}
		all = append(all, strings.Repeat(part, count)...)
		if len(all) > mostText {
			return nil, fmt.Errorf("more than %d bytes", mostText)
		}
	}
	return all, nil
}
