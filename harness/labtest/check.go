package labtest

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lockstep/harness/await"
	"lockstep/harness/explain"
	"lockstep/harness/lab"
	"lockstep/harness/norace"
	"lockstep/harness/perturb/engine"
	"lockstep/harness/race"
	"lockstep/harness/stacks"
	"lockstep/harness/startenv"
	"lockstep/harness/verdict"
)

// A check is one test while it runs.
type check struct {
	t       *testing.T
	inner   *testing.T    // what stands for t in the bubble of Virtual, if the check has one
	role    role          // what the student's code is
	before  map[int]bool  // the goroutines that were there already
	leaks   goleak.Option // the same, for goleak; nil under a schedule
	races   []race.Report // seen by server processes
	relayed int           // how many reports of theirs were passed on

	printed startenv.Capture
	misuses []string       // about locks, by a server process
	status  verdict.Status // of a failure that has told it already
	limit   *time.Timer    // ends the check
}

// running is the check that runs now; checks are not parallel.
var running *check

// begin makes t a check. It may be called more than once in a test.
func begin(t *testing.T) *check {
	t.Helper()
	if running != nil && (running.t == t || running.inner == t) {
		return running
	}
	if running != nil {
		t.Fatalf("%s is still running: checks do not run in parallel", running.t.Name())
	}
	c := &check{t: t, role: aServer, before: map[int]bool{}}
	if !schedules.wanted {
		c.leaks = goleak.IgnoreCurrent()
	}
	there := stacks.All()
	for _, g := range there {
		c.before[g.ID] = true
	}
	if !begun {
		begun = true
		noteStrangers(there)
		if !verdict.Asked() {
			rests()
		}
	}
	running = c
	startenv.Restore()
	engine.Reset()
	if !schedules.again {
		verdict.Start(t.Name())
	}
	schedules.start(t)
	if !verdict.Asked() { // whoever judges a check sees what it prints, and knows what it is worth
		if l, err := catalogue(); err == nil && l.IsBonus(t.Name()) {
			t.Log("bonus: the core points are there without this check")
		}
		c.printed.Begin()
	}
	c.limit = time.AfterFunc(deadline(), func() { c.expire(deadline()) })
	t.Cleanup(func() {
		t.Helper()
		c.limit.Stop()
		c.end()
	})
	return c
}

// end runs when the test and its other clean-ups are over.
func (c *check) end() {
	t := c.t
	t.Helper()
	running = nil
	printed := c.printed.End()
	status := verdict.Passed
	switch {
	case c.status != "":
		status = c.status
	case t.Failed():
		status = verdict.Failed
	case t.Skipped():
		status = verdict.NotRun
	case unfinished():
		status = verdict.Failed // the process is about to say more
	}
	if leak := c.leaked(); leak != "" {
		status = verdict.Leaked
		t.Error(leak)
	}
	misuses := append(c.misuses, texts(engine.Misuses())...)
	for _, f := range misuses {
		status = verdict.Failed
		t.Error(f)
	}
	if printed != "" {
		status = verdict.Failed
		t.Error(explain.Prints(c.role.name, printed))
	}
	if changed := startenv.Changed(); len(changed) > 0 {
		status = verdict.Failed
		t.Errorf("your %s has changed %s, which the whole process uses: leave it as it is", c.role.name, strings.Join(changed, " and "))
	}
	if c.raced(t) {
		status = verdict.Raced
	}
	if t.Failed() {
		broke()
	}
	if schedules.end(status == verdict.Passed) {
		return // and is run again, under the next one
	}
	if t.Failed() && !verdict.Asked() { // whoever asks for a verdict gives hints of their own
		if hint := hint(t.Name(), status, strings.Join(misuses, "\n")); hint != "" {
			t.Log(hint)
		}
	}
	note(t.Name(), status)
	verdict.End(t.Name(), status, c.met(), schedules.explored())
}

// unfinished tells whether the clean-ups run because the test's goroutine panics, or was ended by what it called. Package testing
// knows neither yet, and somebody may end the process before it does.
func unfinished() bool {
	pcs := make([]uintptr, 256) // the clean-ups are next to what runs them
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function == "runtime.Goexit" || f.Function == "runtime.gopanic" {
			return true
		}
	}
	return false
}

// met is how many races the judge has heard of from this check.
func (c *check) met() int { return norace.Errors() + c.relayed }

// raced tells whether a race was met, and fails the test for it. It explains the race, unless there is a judge who does.
func (c *check) raced(t *testing.T) bool {
	t.Helper()
	if verdict.Asked() {
		if c.met() > 0 {
			t.Fail()
		}
		return c.met() > 0
	}
	own, err := ownRaces()
	if err != nil {
		t.Error(err)
	}
	reports := untold(append(c.races, own...))
	if len(reports) > 0 {
		facts, _ := explain.Facts(teller.Tell(t.Name(), explainer(reports), reports)) // the cure comes with a hint
		t.Error("\n" + facts)
	}
	return len(reports) > 0
}

// reported hears of a race in a process that the check has started, as soon as it is reported there.
func (c *check) reported(raw string) {
	verdict.Relay(raw)
	c.relayed++ // nobody else looks before that process is gone
	c.races = append(c.races, race.Parse(raw)...)
}

func texts(misuses []engine.Misuse) []string {
	var all []string
	for _, m := range misuses {
		all = append(all, m.Text)
	}
	return all
}

// catalogue is the lab in whose folder this process was started.
var catalogue = sync.OnceValues(func() (*lab.Lab, error) {
	wd := startenv.Dir()
	return lab.Find(filepath.Join(wd, "..", ".."), filepath.Base(wd))
})

// hint is the first hint for this check, where that became of it, and where to go from there; "" if the
// catalogue cannot be read.
func hint(check string, status verdict.Status, told string) string {
	l, err := catalogue()
	if err != nil {
		return ""
	}
	c, ok := l.Check(check)
	if !ok {
		return ""
	}
	hint, concept := status.Advice(told)
	all := len(c.Hints)
	if hint != "" {
		all++ // it stands in front of the check's own
	}
	return fmt.Sprintf("\nhint: %s\nwhere: TODO(%s) in %s   read: docs/concepts.md#%s   more hints: go run ./harness check %s --hints %d",
		cmp.Or(hint, c.Hints[0]), c.Part, l.Files[0], cmp.Or(concept, c.Concept), l.ID, all)
}

// told are the reports that a check has answered for, by their text.
var told = map[string]bool{}

// untold takes the reports of which no check has heard yet.
func untold(all []race.Report) []race.Report {
	return slices.DeleteFunc(all, func(r race.Report) bool {
		seen := told[r.Raw]
		told[r.Raw] = true
		return seen
	})
}

var teller explain.Teller

// early are the goroutines that the student's code has started before there was any check. They outlive every server, and what
// they do for one nobody could call its goroutine.
var early = map[int]bool{}

// noteEarly looks for them. It is called before the first check.
func noteEarly() {
	for _, g := range stacks.All() {
		if _, ok := g.Innermost(lab.Owns); ok || lab.Owns(g.Created) {
			early[g.ID] = true
		}
	}
}

// begun tells whether there has been a check in this process.
var begun bool

// noteStrangers looks again when the first check begins: a timer may have started some since. What the test has called before made it a check
// is not meant. The first of all is the caller.
func noteStrangers(all []stacks.Goroutine) {
	by := map[int]int{}
	for _, g := range all {
		by[g.ID] = g.By
	}
	ours := map[int]bool{}
	for id := all[0].ID; id != 0; id = by[id] {
		ours[id] = true
	}
	for _, g := range all {
		if _, ok := g.Innermost(lab.Owns); !ok && !lab.Owns(g.Created) {
			continue
		}
		id := g.ID
		for id != 0 && !ours[id] {
			id = by[id]
		}
		if id == 0 {
			early[g.ID] = true
		}
	}
}

// leaked names the goroutines that the check leaves behind.
func (c *check) leaked() string {
	if c.t.Failed() {
		return "" // a check that stopped half-way leaves what it was working with
	}
	if len(early) > 0 {
		for _, g := range stacks.All() {
			if early[g.ID] {
				return fmt.Sprintf("your %s has a goroutine before anybody has called it, started by a variable of its package, and it is still there:\n%s", c.role.name, describe(g)) +
					"start it where it is needed, and let what started it wait for it"
			}
		}
	}
	if c.leaks != nil && goleak.Find(c.leaks) == nil {
		return ""
	}
	var left []stacks.Goroutine
	if soon.Until(func() bool { left = c.left(); return len(left) == 0 }) == nil {
		return ""
	}
	var b strings.Builder
	for _, g := range left {
		if g.State != "running" {
			b.WriteString(describe(g))
		}
	}
	return fmt.Sprintf("goroutines of your %s are still there %s:\n%s", c.role.name, c.role.over, c.role.words(b.String())) +
		"each goroutine needs something that ends it: a connection that is closed, a channel that is closed, a WaitGroup that is waited for"
}

// soon is how long a goroutine may take to end that has nothing more to do.
var soon = await.Patience{Limit: time.Second, Rest: time.Second / 2}

// left are the goroutines that were not there when the check began. Under a schedule it stands for goleak, whose two dumps take buffers of their own: where nothing is
// collected, that was two fifths of a run.
func (c *check) left() []stacks.Goroutine {
	return slices.DeleteFunc(stacks.All(), func(g stacks.Goroutine) bool {
		return c.before[g.ID] || len(g.Frames) > 0 && g.Frames[len(g.Frames)-1].Func == "os/signal.loop" // which is for the whole process
	})
}

// describe says in a line what a goroutine waits for, where, and who started it.
func describe(g stacks.Goroutine) string {
	at, ok := g.Innermost(lab.Owns)
	if !ok && len(g.Frames) > 0 {
		at = g.Frames[len(g.Frames)-1]
	}
	text := fmt.Sprintf("  %s %s, at %s", at.Name(), g.Doing(), at)
	if lab.Owns(g.Created) {
		text += fmt.Sprintf(", started at %s", g.Created)
	}
	return text + "\n"
}

// stuck lists what the student's goroutines wait for.
func (c *check) stuck() string {
	var lines []string
	for _, g := range stacks.All() {
		if _, ok := g.Innermost(lab.Owns); ok && !c.before[g.ID] {
			lines = append(lines, describe(g))
		}
	}
	if len(lines) == 0 {
		return fmt.Sprintf("no goroutine of your %s is running any more", c.role.name)
	}
	slices.Sort(lines) // a dump is in no order that means anything
	lines = counted(lines)
	for _, h := range engine.Held() { // nothing is known of locks unless the build perturbs
		if len(h.Waiting) > 0 {
			lines = append(lines, fmt.Sprintf("  %s\n", h))
		}
	}
	return fmt.Sprintf("the goroutines of your %s:\n", c.role.name) + c.role.words(strings.TrimRight(strings.Join(lines, ""), "\n"))
}

// counted takes lines that stand in a row once, and says how many there were.
func counted(lines []string) []string {
	var all []string
	for i, n := 0, 0; i < len(lines); i += n {
		for n = 1; i+n < len(lines) && lines[i+n] == lines[i]; n++ {
		}
		line := lines[i]
		if n > 1 {
			line = fmt.Sprintf("%s (%d of them)\n", strings.TrimSuffix(line, "\n"), n)
		}
		all = append(all, line)
	}
	return all
}

// deadline is how long a check may take in all. Its steps have deadlines of their own; this one is
// for a server that keeps the processor to itself.
func deadline() time.Duration {
	if d, err := time.ParseDuration(startenv.Deadline.Value()); err == nil {
		return d
	}
	return time.Minute
}

// expire ends the process: nothing in it can be trusted to end the check.
func (c *check) expire(limit time.Duration) {
	fmt.Fprintf(startenv.Stdout(), "%s did not end %s\n%s\n\n%s\n", c.t.Name(), await.Within(limit), c.stuck(), stacks.Dump())
	schedules.end(false)
	verdict.End(c.t.Name(), verdict.Timeout, c.met(), schedules.explored())
	os.Exit(1)
}

// ownRaces reads what the detector has reported in this process.
func ownRaces() ([]race.Report, error) {
	if !startenv.RaceLog.Set() {
		return nil, nil
	}
	return race.ReadLogOf(startenv.RaceLog.Value(), os.Getpid())
}

func explainer(reports []race.Report) explain.Explainer {
	files, _ := filepath.Glob(filepath.Join(startenv.Dir(), "*.go"))
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	return explain.Explainer{Own: race.FilesOf(lab.Owns, reports...), Files: files}
}
