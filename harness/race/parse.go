package race

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"lockstep/harness/process"
	"lockstep/harness/stacks"
)

const (
	warning   = "WARNING: DATA RACE"
	separator = "=================="
)

// The program under test writes to the same stderr: what it prints without an ending stands in
// front of the detector's text. Hence no ^ here.
var (
	accessHeader  = regexp.MustCompile(`(Previous )?(?i:(atomic )?(read|write)) at 0x[0-9a-f]+ by (main goroutine|goroutine \d+):$`)
	createdHeader = regexp.MustCompile(`G(oroutine \d+) \((running|finished)\) created at:$`)
)

// Parse finds the reports in a text and passes over all else in it: what the program printed before,
// after or in the middle of them. A report that breaks off holds what could be read.
func Parse(text string) []Report {
	var all []Report
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		if !strings.HasSuffix(bare(lines[i]), warning) {
			continue
		}
		end := i + 1
		for end < len(lines) && !ends(lines[end]) {
			end++
		}
		begin := i
		if begin > 0 && strings.HasSuffix(bare(lines[begin-1]), separator) {
			begin--
		}
		past := end
		if past < len(lines) && strings.HasSuffix(bare(lines[past]), separator) {
			past++
		}
		p := reading{indent: indentation(lines[i])}
		for _, line := range lines[i+1 : end] {
			p.line(bare(line))
		}
		p.finish()
		p.report.Raw = strings.Join(lines[begin:past], "")
		all = append(all, p.report)
		i = past - 1
	}
	return all
}

// ends tells whether a report is over before or with this line.
func ends(line string) bool {
	return strings.HasSuffix(bare(line), separator) || strings.HasSuffix(bare(line), warning)
}

// bare is a line without its ending.
func bare(line string) string { return strings.TrimRight(line, "\r\n") }

// indentation is the white space that a line begins with.
func indentation(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// A reading goes through the lines of one report.
type reading struct {
	report Report
	indent string // in front of every line, where a test has logged a report

	stack   *[]stacks.Frame            // that is being read, nil between the sections
	call    string                     // a function whose position has not come yet
	created map[string]*[]stacks.Frame // by goroutine
	ended   map[string]bool            // by goroutine
}

func (p *reading) line(line string) {
	if m := accessHeader.FindStringSubmatch(line); m != nil {
		access := &p.report.Now
		if m[1] != "" {
			access = &p.report.Before
		}
		*access = Access{Write: strings.EqualFold(m[3], "write"), Atomic: m[2] != "", Goroutine: m[4]}
		p.stack, p.call = &access.Stack, ""
		return
	}
	if m := createdHeader.FindStringSubmatch(line); m != nil {
		if p.created == nil {
			p.created, p.ended = map[string]*[]stacks.Frame{}, map[string]bool{}
		}
		goroutine := "g" + m[1]
		p.stack, p.call = new([]stacks.Frame), ""
		p.created[goroutine], p.ended[goroutine] = p.stack, m[2] == "finished"
		return
	}
	line, ok := strings.CutPrefix(line, p.indent)
	switch {
	case line == "":
		p.stack = nil
	case p.stack == nil || !ok:
		// Another section, or a line of the program's own.
	case strings.HasPrefix(line, "      "):
		if file, n, ok := stacks.Position(line); ok && p.call != "" {
			*p.stack = append(*p.stack, stacks.Frame{Func: p.call, File: file, Line: n})
			p.call = ""
		}
	case strings.HasPrefix(line, "  ") && strings.HasSuffix(line, "()"):
		p.call = stacks.Func(strings.TrimSpace(line))
	}
}

func (p *reading) finish() {
	for _, a := range []*Access{&p.report.Now, &p.report.Before} {
		if created := p.created[a.Goroutine]; created != nil {
			a.Created = *created
		}
		a.Finished = p.ended[a.Goroutine]
		a.Atomic = a.Atomic || len(a.Stack) > 0 && strings.HasPrefix(a.Stack[0].Func, "sync/atomic.")
	}
}

// maxLog is how much is read of what a process has left, in bytes.
const maxLog = 16 << 20

// ReadLogOf returns the reports that one process has left that ran with GORACE=log_path=prefix: the detector appends
// the process's number, and writes a file only when it finds a race, so that no file means no race.
func ReadLogOf(prefix string, pid int) ([]Report, error) {
	text, err := process.ReadFile(fmt.Sprintf("%s.%d", prefix, pid), maxLog)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return Parse(string(text)), err
}
