// Package judge, of the grader, runs the checks of a built lab and decides what became of each.
//
//	j := &judge.Judge{Dir: tmp}
//	verdicts, err := j.All(ctx, bin, bin.Lab.Checks)
//
// Each check has a process of its own: a fatal error, such as a concurrent map write, costs no
// other check its verdict, and a race is nobody else's. A check has passed when its process recorded
// it (package verdict), ended well, and the detector reported nothing. Whatever else happened, it has not. What comes from
// the process is text, of which a part is kept. A race is explained here, from the files as they were built, and no file is opened
// that a report names.
package judge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/build"
	"lockstep/harness/explain"
	"lockstep/harness/lab"
	"lockstep/harness/process"
	"lockstep/harness/race"
	"lockstep/harness/sandbox"
	"lockstep/harness/stacks"
	"lockstep/harness/startenv"
	"lockstep/harness/steer"
	"lockstep/harness/verdict"
)

// A Judge runs checks. Its methods may be called concurrently.
type Judge struct {
	Dir      string           // for what the processes need; the caller makes and removes it
	Deadline time.Duration    // for one check; 0 means a minute
	Seed     uint64           // of the only schedule to try; 0 tries as many as the check asks for
	Round    uint64           // which schedules those are: in round 0 those of every grading, later ones are fresh
	Effort   int              // how many times as much is tried as a check asks for: stories, and schedules by lot; 0 means once, and less none
	Brief    bool             // a failure is told as it was found: with all its switches, and the whole story
	Calm     bool             // disturb nothing and try once: a schedule such as a student's go test has
	Sandbox  *sandbox.Sandbox // confines the processes; nil confines nothing
	Grace    time.Duration    // in which a process may end by itself behind its deadline; 0 means as long again, at most ten seconds
}

// A Verdict is what became of one check.
type Verdict struct {
	Check   lab.Check
	Status  verdict.Status
	Seed    uint64 // of the schedule under which it came about
	Message string // for the student; "" if it passed
	took    time.Duration

	Explored verdict.Explored // the schedules that were tried, where they decided
	Run      *steer.Run       // the one under which the check failed, or the last one; nil if no schedule decided
	Reports  []race.Report    // of the detector
	Story    string           // that was played when it failed; "" if there was none

	ended  bool            // the process has ended by itself
	trying *steer.Schedule // the one under which it failed, if it was one of several: not from the recording, which decides nothing
}

// Passed tells whether the check earns its points.
func (v Verdict) Passed() bool { return v.Status == verdict.Passed }

// All runs the checks, as many at once as there are processors, and returns their verdicts in
// order. An error means that something of our own went wrong, and that there are no verdicts.
func (j *Judge) All(ctx context.Context, bin *build.Binary, checks []lab.Check) ([]Verdict, error) {
	verdicts := make([]Verdict, len(checks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, check := range checks {
		group.Go(func() (err error) {
			verdicts[i], err = j.Run(ctx, bin, check)
			return err
		})
	}
	return verdicts, group.Wait()
}

// A trial is one process that ran one check, and what it left.
type trial struct {
	bin      *build.Binary
	role     string // of the student's code
	told     verdict.Evidence
	err      error // how the process ended
	killed   bool  // by us, at the deadline
	limit    time.Duration
	printed  string
	exceeded string // the limit of the sandbox for which it was ended, "" if it was not
}

// Run runs one check, under one seed after another. What goes wrong once counts.
func (j *Judge) Run(ctx context.Context, bin *build.Binary, check lab.Check) (Verdict, error) {
	if j.Effort != 0 {
		check = check.Times(max(j.Effort, 0))
	}
	if bin.Steered && !j.Calm && j.Seed == 0 && check.Singles+check.Random+check.Stories > 0 {
		return j.explore(ctx, bin, check)
	}
	if j.Seed != 0 || j.Calm {
		return j.try(ctx, bin, check, j.Seed, nil) // 0 disturbs nothing
	}
	var all Verdict
	n := uint64(max(1, check.Seeds))
	for seed := j.Round * n; seed < (j.Round+1)*n; seed++ {
		v, err := j.try(ctx, bin, check, seed+1, nil)
		if err != nil {
			return Verdict{}, err
		}
		v.took += all.took
		if all = v; !v.Passed() {
			break
		}
	}
	return all, nil
}

// try runs one check once, or, with a plan, under its schedules until it fails.
func (j *Judge) try(ctx context.Context, bin *build.Binary, check lab.Check, seed uint64, plan *steer.Plan) (Verdict, error) {
	dir, err := os.MkdirTemp(j.Dir, "check-")
	if err != nil {
		return Verdict{}, err
	}
	defer sandbox.RemoveAll(dir)
	t := trial{bin: bin, role: bin.Lab.Role, limit: cmp.Or(j.Deadline, time.Minute)}
	grace := cmp.Or(j.Grace, min(t.limit, 10*time.Second))

	cmd := exec.Command(bin.Path, "-test.run=^"+check.Name+"$", "-test.count=1", "-test.timeout=0", "-test.paniconexit0")
	box := sandbox.Box{Dir: filepath.Join(bin.Lab.Root, bin.Lab.Dir()), Write: []string{dir}}
	box.Read = []string{box.Dir, filepath.Join(bin.Lab.Root, bin.Lab.ScriptsDir())}
	cmd.Env = process.Bare(append(process.Temp(dir), startenv.Seed.With(fmt.Sprint(seed)), startenv.Deadline.With(t.limit.String()), "GORACE="+race.GORACE)...)
	recording := filepath.Join(dir, "recording")
	if plan != nil {
		if err := blank(recording); err != nil {
			return Verdict{}, err
		}
		schedules := filepath.Join(dir, "schedules")
		if err := os.WriteFile(schedules, []byte(plan.String()), 0o600); err != nil {
			return Verdict{}, err
		}
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1", startenv.Schedule.With(schedules), startenv.Recording.With(recording))
	}
	var out process.Output
	cmd.Stdout = &out
	channel := verdict.New(check.Name, seed)
	if err := channel.Attach(cmd); err != nil {
		return Verdict{}, err
	}
	defer channel.Close()
	start := time.Now()
	running, err := j.Sandbox.Start(cmd, box)
	if err != nil {
		return Verdict{}, err
	}
	channel.Started()
	defer process.Kill(cmd) // whatever is left of its group
	over := time.AfterFunc(t.limit+grace, func() { process.Dump(cmd) })
	defer time.AfterFunc(t.limit+grace+dumping, func() { process.Kill(cmd) }).Stop()
	stop := context.AfterFunc(ctx, func() { process.Kill(cmd) })
	gone := make(chan struct{})
	go func() { // ends with the process
		select {
		case <-channel.Broken():
			process.Kill(cmd)
		case <-gone:
		}
	}()
	cmd.WaitDelay = grace
	t.err = running.Wait()
	stop()
	close(gone)
	t.killed, t.exceeded = !over.Stop(), running.Exceeded()
	if err := context.Cause(ctx); err != nil {
		return Verdict{}, err
	}
	if failed, ok := errors.AsType[*sandbox.StartError](t.err); ok {
		return Verdict{}, failed
	}
	process.Kill(cmd) // whoever is left holds the channel
	t.printed, t.told = out.String(), channel.Evidence(grace)
	v := Verdict{Check: check, Seed: seed, took: time.Since(start)}
	status, message := t.decide()
	v.Status, v.Message, v.Explored = status, bin.Neutral(message), t.told.Explored
	v.Reports, v.ended = t.told.Reports, !t.killed && t.exceeded == ""
	if t.told.Trying != "" {
		v.trying = new(steer.Schedule)
		if err := json.Unmarshal([]byte(t.told.Trying), v.trying); err != nil {
			return Verdict{}, fmt.Errorf("%s: the schedule that it tried: %w", check.Name, err)
		}
		v.Explored.Tried = max(v.Explored.Tried, max(plan.Skip-1, 0)+t.told.Tries) // also when it crashed
	}
	if plan != nil {
		v.Run = recorded(recording)
	}
	if v.trying != nil {
		v.Story = v.trying.Story
	} else if plan != nil && plan.Only != nil {
		v.Story = plan.Only.Story
	}
	return v, nil
}

// Suite runs all checks of a binary in one process, as a student's go test does, and tells whether
// that failed. more is added to its environment.
func (j *Judge) Suite(ctx context.Context, bin *build.Binary, more ...string) (failed bool, err error) {
	dir, err := os.MkdirTemp(j.Dir, "suite-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, bin.Path, "-test.count=1", "-test.failfast", "-test.timeout=2m")
	cmd.Dir = filepath.Join(bin.Lab.Root, bin.Lab.Dir())
	cmd.Env = process.Environment(append(process.Temp(dir), more...)...)
	process.Group(cmd)
	cmd.Cancel = func() error { process.Kill(cmd); return nil }
	err = cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return false, cause
	}
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return true, nil
	}
	return false, err
}

// decide believes a pass only if everything agrees with it.
func (t *trial) decide() (verdict.Status, string) {
	told := t.told
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](t.err); ok {
		code = exit.ExitCode()
	}
	crashed := ""
	if code == crashedStatus {
		crashed = crash(told.Text, t.role) // who ends otherwise and speaks of a panic has recovered from it
	}
	switch {
	case t.exceeded != "":
		return verdict.Failed, fmt.Sprintf("your %s may use %s here, and used more: what does it keep, start or write without end?\n%s", cmp.Or(t.role, "server"), t.exceeded, t.message())
	case told.Forged != "":
		return verdict.Tampered, "the record of this check does not fit together: " + told.Forged
	case t.killed:
		return verdict.Timeout, fmt.Sprintf("the check did not end within %v, nor could it be stopped from inside: is there a loop without an end?\n%s", t.limit, t.stopped())
	case !told.Ended && crashed != "":
		return verdict.Panicked, crashed
	case !told.Started && t.err != nil:
		return verdict.NotRun, fmt.Sprintf("the check did not begin: %v\n%s", t.err, t.message())
	case !told.Ended:
		return verdict.Tampered, fmt.Sprintf("the process ended in the middle of the check (%s): does your code call os.Exit or log.Fatal?\n%s", exit(t.err), t.message())
	case told.Status == verdict.Failed && crashed != "":
		return verdict.Panicked, crashed + "\n" + t.message()
	case told.Races > 0 && (told.Status == verdict.Passed || told.Status == verdict.Raced): // it may have come after the check had its say
		return verdict.Raced, strings.TrimSpace(t.message() + "\n\n" + t.explain())
	case told.Status == verdict.Raced, told.Status == verdict.Passed && code == racedStatus:
		return verdict.Tampered, "the race detector met a data race, and its report did not arrive"
	case told.Status != verdict.Passed:
		return told.Status, t.message()
	case crashed != "":
		return verdict.Panicked, crashed
	case t.err != nil:
		return verdict.Tampered, fmt.Sprintf("the check passed, and then its process ended badly (%v)\n%s", t.err, t.message())
	}
	if text := t.message(); text != "" {
		return verdict.Failed, explain.Prints(cmp.Or(t.role, "server"), text)
	}
	return verdict.Passed, ""
}

// How a process ends that did not mean to.
const (
	crashedStatus = 2  // the runtime's
	racedStatus   = 66 // the race detector's, for a process that met a race and means to end well
)

// explain says what the detector has reported.
func (t *trial) explain() string {
	e := explain.Explainer{Own: race.FilesOf(lab.Owns, t.told.Reports...), Source: t.bin.Source, Files: t.bin.Reported()}
	return new(explain.Teller).Tell(t.bin.Lab.ID, e, t.told.Reports)
}

func exit(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// crash explains a panic or a fatal error of the runtime; "" if there is none.
func crash(out, role string) string {
	at := -1
	for _, word := range []string{"panic: ", "fatal error: "} {
		if i := strings.Index("\n"+out, "\n"+word); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	what, _, _ := strings.Cut(out[at:], "\n")
	text := fmt.Sprintf("your %s crashed: %s", cmp.Or(role, "server"), what)
	for _, g := range stacks.Parse(out[at:]) {
		if at, ok := g.Innermost(lab.Owns); ok {
			text += fmt.Sprintf("\n  at %s, in %s", at, at.Name())
			if lab.Owns(g.Created) {
				text += fmt.Sprintf(", in a goroutine started at %s", g.Created)
			}
			break
		}
	}
	return text
}

// dumping is how long a process that is stopped from outside has to say what it was doing.
const dumping = 2 * time.Second

// stopped says what the student's goroutines did when the process was stopped from outside, and shows all if there were none: then something of
// ours hangs.
func (t *trial) stopped() string {
	_, dump, ok := strings.Cut(t.told.Text, "SIGQUIT: quit")
	if !ok {
		return t.message()
	}
	var lines []string
	for _, g := range stacks.Parse(dump) {
		if at, ok := g.Innermost(lab.Owns); ok {
			lines = append(lines, fmt.Sprintf("  %s %s, at %s", at.Name(), g.Doing(), at))
		}
	}
	if len(lines) == 0 {
		return fmt.Sprintf("(begun: %t, ended: %t)\n%s", t.told.Started, t.told.Ended, t.message())
	}
	slices.Sort(lines) // a dump is in no order that means anything
	return strings.Join(slices.Compact(lines), "\n")
}

// message is what the test printed, without the words of package testing around it, and what else came on standard error.
func (t *trial) message() string {
	var b strings.Builder
	trace := false // between testify's heading for where a check stands, and its next heading
	for line := range strings.Lines(t.printed + t.told.Text) {
		text := strings.TrimSpace(line)
		if heading := strings.HasPrefix(line, "        \t") && !strings.HasPrefix(line, "        \t "); heading {
			trace = strings.HasPrefix(text, "Error Trace:") || strings.HasPrefix(text, "Test:")
		}
		if trace {
			trace = strings.HasPrefix(line, "        \t")
		}
		if trace || text == "FAIL" || text == "PASS" || strings.HasPrefix(text, "--- FAIL: ") || strings.HasPrefix(text, "exit status ") ||
			strings.HasSuffix(text, "race detected during execution of test") {
			continue
		}
		b.WriteString(strings.TrimPrefix(line, "    "))
	}
	return strings.TrimSpace(b.String())
}
