package results

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lockstep/harness/gate"
	"lockstep/harness/visible"
)

// Limits on what is kept of one submission, in bytes of results.json. Whatever a submission is refused for, whatever its
// checks and the compiler say: the results of a class grow by no more for it, and neither does any report by more than a
// few times that, for what its format has to escape.
const (
	maxSubmission = 64 << 10
	maxMessage    = 8 << 10 // of one check, or of the compiler; all of them together have what is left of maxSubmission
	maxHint       = 2 << 10
	maxLanes      = 6 << 10
	maxWords      = 512 // of a title, or of what a finding is about
	maxFindings   = 21  // the gate tells of 20, and how many more there are
)

// bounded is the submission within the limits, and so that all of its texts show. What is left out is told where it was.
// Twice is once.
func (s SubmissionResult) bounded() SubmissionResult {
	s.Student = visible.Line(s.Student)
	s.Detail = cut(visible.Text(s.Detail), maxMessage, "\n")
	if more := len(s.Policy) - maxFindings; more > 0 {
		s.Policy, s.PolicyMore = s.Policy[:maxFindings], s.PolicyMore+more
	}
	s.Policy, s.Checks = slices.Clone(s.Policy), slices.Clone(s.Checks)
	for i, f := range s.Policy {
		s.Policy[i] = gate.Finding{Rule: words(f.Rule), File: words(f.File), Line: f.Line, Detail: words(f.Detail)}
	}
	messages := make([]string, len(s.Checks))
	for i := range s.Checks {
		c := &s.Checks[i]
		c.ID, c.Title, c.Hint = words(c.ID), words(c.Title), cut(visible.Line(c.Hint), maxHint, " ")
		c.Trace, c.Lanes = words(c.Trace), cut(visible.Text(c.Lanes), maxLanes, "\n")
		messages[i], c.Message = visible.Text(c.Message), ""
	}
	most := share(maxSubmission-size(s), messages)
	for i, message := range messages {
		s.Checks[i].Message = cut(message, most, "\n")
	}
	return s
}

func words(text string) string { return cut(visible.Line(text), maxWords, " ") }

// FirstLine is the first line of a text, no longer than a title.
func FirstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return words(line)
}

// size is what a submission takes in results.json, with the comma behind it.
func size(s SubmissionResult) int {
	const indent = "    " // as deep as it stands there
	data, err := json.MarshalIndent(s, indent, "  ")
	if err != nil {
		panic(err) // it is all texts and numbers
	}
	return len(indent) + len(data) + len(",\n")
}

// share is how long a message may be so that all of them have room, the short ones as they are.
func share(room int, messages []string) int {
	var costs []int
	for _, m := range messages {
		costs = append(costs, min(cost(m), maxMessage))
	}
	slices.Sort(costs)
	for i, c := range costs {
		if each := room / (len(costs) - i); c > each {
			return each
		}
		room -= c
	}
	return maxMessage
}

// cost is how many bytes a text has in results.json, but for the quotes around it.
func cost(text string) int {
	n := 0
	for _, r := range text {
		n += costOf(r)
	}
	return n
}

// costOf is what package encoding/json makes of a character: it escapes also what HTML would take for a tag.
func costOf(r rune) int {
	switch {
	case r == '"', r == '\\', r == '\n', r == '\t':
		return 2
	case r == '<', r == '>', r == '&', r < ' ', r == utf8.RuneError, r == '\u2028', r == '\u2029':
		return 6
	}
	return utf8.RuneLen(r)
}

// cut takes so much out of the middle of a text that it costs no more than most, and says how much that was, with
// around in front and behind. Messages begin with what matters, and end in where to go on.
func cut(text string, most int, around string) string {
	const sentence = 60 // what it says costs no more
	most = max(most, sentence)
	if cost(text) <= most {
		return text
	}
	most -= sentence
	head, spent := 0, 0
	for i, r := range text {
		if spent += costOf(r); spent > most*3/4 {
			break
		}
		head = i + utf8.RuneLen(r)
	}
	tail, spent := len(text), 0
	for tail > head {
		r, n := utf8.DecodeLastRuneInString(text[:tail])
		if spent += costOf(r); spent > most/4 {
			break
		}
		tail -= n
	}
	return text[:head] + around + "... " + thousands(tail-head) + " bytes left out ..." + around + text[tail:]
}

// thousands writes a number for people: 4,211.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
