package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/race"
	"lockstep/harness/steer"
	"lockstep/harness/verdict"
)

// Recorded is a run and what is known of it.
type Recorded struct {
	Lab     *lab.Lab
	Check   lab.Check
	Files   []lab.File // the student's
	Run     steer.Run
	Status  verdict.Status
	Message string        // of the verdict
	Reports []race.Report // of the detector
	Kit     string        // a sum of the kit's files
	Story   string        // that was played, "" if there was none
}

// check is the lane of the check's.
const check = "check"

// New makes a trace of a run.
func New(r Recorded) (*Trace, error) {
	h, err := read(r.Files, r.Run.Events, r.Run.Taken)
	if err != nil {
		return nil, err
	}
	run := Run{ID: "run", Label: string(r.Status), Verdict: "broken", Lanes: []Lane{{ID: check, Name: "the check", Mark: "✓", Role: "story"}}, Edges: []Edge{}}
	if r.Status == verdict.Passed {
		run.Verdict = "ok"
	}
	for _, f := range r.Files {
		sum := sha256.Sum256(f.Data)
		run.Files = append(run.Files, File{ID: f.Name, Path: f.Name, SHA256: hex.EncodeToString(sum[:]), First: 1, Source: string(f.Data)})
	}
	for _, l := range h.order {
		run.Lanes = append(run.Lanes, Lane{ID: l.id, Name: l.name, Mark: l.mark, Role: "handler"})
	}
	run.Objects = append([]Object{}, h.objects()...)
	c := h.choose(r)
	run.Steps, run.Edges = c.steps(), c.edges()
	c.end(&run, r)
	schedule := r.Run.Schedule()
	schedule.Story = r.Story
	return &Trace{
		Schema: Schema,
		ID:     r.Lab.ID + "-" + r.Check.Name,
		Lab:    r.Lab.ID,
		Title:  r.Check.Title,
		Origin: fmt.Sprintf("recorded by the kit under a schedule with %s, %s %s/%s", count(len(r.Run.Taken), "switch", "switches"), runtime.Version(), runtime.GOOS, runtime.GOARCH),
		Replay: Replay{Check: r.Check.Name, Status: r.Status, Go: runtime.Version(), Kit: r.Kit, Schedule: schedule, Events: pack(r.Run.Events)},
		Runs:   []Run{run},
	}, nil
}

func count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "one " + one
	}
	return fmt.Sprint(n, " ", many)
}

// collision finds the two moves of the race that the detector has reported first.
func (h *history) collision(r Recorded) (first, second int, ok bool) {
	if len(r.Reports) == 0 || h.raced < 0 {
		return 0, 0, false
	}
	own := race.FilesOf(lab.Owns, r.Reports...)
	place := func(a race.Access) (string, int) {
		at := own.Innermost(a.Stack)
		if at < 0 {
			return "", 0
		}
		return filepath.Base(a.Stack[at].File), a.Stack[at].Line
	}
	at := func(file string, line, before int, not *lane) int {
		for _, wide := range []bool{false, true} { // a statement with others in it may have the line among these
			for i := before - 1; i >= 0; i-- {
				m := h.moves[i]
				end := m.site.End
				if wide {
					end = max(end, m.site.Last)
				}
				if m.lane != not && m.site.File == file && m.site.Line <= line && line <= end {
					return i
				}
			}
		}
		return -1
	}
	now, nowLine := place(r.Reports[0].Now)
	before, beforeLine := place(r.Reports[0].Before)
	second = at(now, nowLine, h.raced, nil)
	if second < 0 {
		return 0, 0, false
	}
	first = at(before, beforeLine, second, h.moves[second].lane)
	return first, second, first >= 0
}

// end says how the run broke.
func (c *choice) end(run *Run, r Recorded) {
	if r.Status == verdict.Passed {
		return
	}
	step := func(move int) int {
		return slices.IndexFunc(c.rows, func(w row) bool { return w.from == move && w.to == move }) + 1
	}
	if c.collided {
		run.End.Race = &Race{
			First: step(c.first), Second: step(c.second), Says: headline(r.Message), Report: r.Message,
			Missing: "nothing orders these two lines",
		}
		return
	}
	expected, actual := expectation(r.Message)
	run.Steps = append(run.Steps, Step{Lane: check, Kind: "fail", What: string(r.Status), Say: headline(r.Message), Result: "bad", Event: len(c.h.events)})
	f := &Failure{Step: len(run.Steps), Expected: expected, Actual: actual, Report: r.Message}
	for i, w := range slices.Backward(c.rows) {
		if w.from == w.to && c.h.moves[w.from].aside {
			f.Cause = append(f.Cause, i+1)
		}
	}
	run.End.Failure = f
}

// headline is what a message says in a line: its first one or, of an assertion that names its place alone there, what that is about.
func headline(message string) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(message), "\n")
	if !strings.HasSuffix(strings.TrimSpace(line), ":") {
		return line
	}
	for _, heading := range []string{"Messages:", "Error:"} {
		if _, text, ok := strings.Cut(rest, heading); ok {
			text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
			return strings.TrimSpace(line) + " " + strings.TrimSpace(text)
		}
	}
	return line
}

// expectation is what a message says that was expected, and what came.
func expectation(message string) (expected, actual string) {
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "expected: "); ok && expected == "" {
			expected = strings.TrimSpace(text)
		}
		if text, ok := strings.CutPrefix(line, "actual  : "); ok && actual == "" {
			actual = strings.TrimSpace(text)
		}
	}
	if actual == "" {
		actual = headline(message)
	}
	return expected, actual
}

// Whole is the first run with a step for everything that was recorded of the student's code.
func (t *Trace) Whole() (*Run, error) {
	events, err := unpack(t.Replay.Events)
	if err != nil {
		return nil, err
	}
	h, err := read(t.Submission(), events, t.Replay.Schedule.Switches)
	if err != nil {
		return nil, err
	}
	c := &choice{h: h, last: len(h.moves) - 1}
	for i := range h.moves {
		c.rows = append(c.rows, row{i, i})
	}
	whole := t.Runs[0]
	whole.Steps, whole.Edges, whole.End = c.steps(), c.edges(), End{}
	if e := t.Runs[0].End.Race; e != nil {
		race := *e
		for _, end := range []*int{&race.First, &race.Second} {
			event := t.Runs[0].Steps[*end-1].Event
			*end = slices.IndexFunc(whole.Steps, func(s Step) bool { return s.Event == event }) + 1
		}
		whole.End.Race = &race
	}
	return &whole, nil
}
