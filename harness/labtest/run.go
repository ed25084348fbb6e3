package labtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"lockstep/harness/lab"
	"lockstep/harness/norace"
	"lockstep/harness/process"
	"lockstep/harness/race"
	"lockstep/harness/startenv"
	"lockstep/harness/verdict"
)

// A testRun is what a student's go test does. It belongs to the process that go test has started; the checks run in children of that.
type testRun struct {
	ctx      context.Context // done when somebody has pressed Ctrl-C, which ends the children as well
	dir      string          // for temporary files, also those of the children
	program  string          // runs the checks
	outcomes string          // a line for each check that ended
}

// run runs the checks as go test was asked to, and returns the exit status. If all were asked for, that is 0 exactly when the graded build gives all
// core points: a bonus check that fails is told, and costs nothing.
func run() int {
	args := startenv.Args()[1:]
	flag.CommandLine.Parse(args) // package testing has defined them, and would end the process for the same mistakes
	dir, err := os.MkdirTemp("", "lockstep-test-")
	if err != nil {
		return say(3, "lockstep: %v", err)
	}
	defer os.RemoveAll(dir)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := &testRun{ctx, dir, startenv.Program(), filepath.Join(dir, "outcomes")}
	if startenv.Ungraded.Set() {
		return r.checks(args)
	}
	if !norace.Race && !given("list") {
		if said, err := r.detect(); err != nil {
			return r.undetected(args, said)
		}
		say(0, "the race detector was off, and is on now, as in: go test -race")
	}
	l, err := catalogue()
	if err != nil || !whole() {
		return r.checks(args)
	}
	code := r.whole(l, args)
	if r.ctx.Err() != nil {
		return max(1, code)
	}
	return code
}

// detect builds the same checks with the race detector. It returns what the go command said.
func (r *testRun) detect() (said string, err error) {
	program := filepath.Join(r.dir, filepath.Base(r.program))
	said, err = goCommand(r.ctx, startenv.Dir(), "test", "-race", "-c", "-vet=off", "-o", program, ".")
	if err == nil {
		r.program = program
	}
	return said, err
}

// undetected runs the checks without the race detector. That cannot end well: nobody knows then whether there is a race.
func (r *testRun) undetected(args []string, said string) int {
	code := r.checks(args)
	return say(max(1, code), "%s\nthe race detector is off in this run, and could not be turned on; without it nothing sees an access that no lock protects.\n"+
		"go run ./harness doctor tells what it needs", strings.TrimSpace(said))
}

// whole runs the core checks, the bonus checks in a process of their own, so that a crash among them costs no core check its run, and what is graded.
func (r *testRun) whole(l *lab.Lab, args []string) int {
	var bonus []string
	for _, c := range l.Checks {
		if c.Bonus {
			bonus = append(bonus, c.Name)
		}
	}
	names := "^(" + strings.Join(bonus, "|") + ")$"
	if len(bonus) == 0 {
		return r.graded(l, r.checks(args))
	}
	core := r.checks(append([]string{"-test.skip=" + names}, args...)) // in front, where it is a flag whatever comes
	if r.ctx.Err() == nil && (core == 0 || !given("failfast")) {
		r.checks(append(flags("v", "count", "timeout", "failfast", "fullpath", "paniconexit0"), "-test.run="+names))
	}
	return r.graded(l, core)
}

// graded goes on with the graded build, if the core checks ended well, and returns the exit status of all.
func (r *testRun) graded(l *lab.Lab, core int) int {
	if r.ctx.Err() != nil {
		return core
	}
	if core == 0 {
		say(0, "\nall core checks pass here; now as they are graded: go run ./harness check %s\n", l.ID)
		code, err := r.check(l)
		if err == nil || r.ctx.Err() != nil {
			return code
		}
		say(0, "they could not be run as they are graded, and so this run says nothing of that: %v", err)
	}
	return say(core, "%s", l.Tally(r.passed()))
}

// check runs the command that students have for the graded build. It tells what it finds, the last line included.
func (r *testRun) check(l *lab.Lab) (code int, err error) {
	harness := filepath.Join(r.dir, "harness.exe") // go run would not tell how it ended
	if said, err := goCommand(r.ctx, l.Root, "build", "-o", harness, "./harness"); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, said)
	}
	cmd := exec.CommandContext(r.ctx, harness, "check", l.ID, "--in-go-test")
	cmd.Dir = l.Root
	cmd.Env = process.Without(startenv.Environ(), process.Temp(r.dir)...)
	cmd.Stdout, cmd.Stderr = startenv.Stdout(), startenv.Stderr()
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	defer lifeline.Close() // also when this process is killed
	cmd.Cancel = lifeline.Close
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		return 1, nil // a core check fails, and it has said which
	}
	return 0, err
}

// racedAtExit is how the detector ends a process that met a race and means to end well: no check
// answered for the race.
const racedAtExit = 66

// checks runs this binary a second time, as a child that is told where to leave what it writes. The
// race detector takes its settings from the environment when a process starts, and its reports have
// to be in a file to be explained. The child's temporary files are removed also when Ctrl-C ends it.
func (r *testRun) checks(args []string) int {
	log := filepath.Join(r.dir, "race")
	cmd := exec.Command(r.program, args...)
	cmd.Env = append(startenv.Environ(), append(process.Temp(r.dir), startenv.Lifeline.With("1"), startenv.RaceLog.With(log), startenv.Outcomes.With(r.outcomes),
		"GORACE="+startenv.Getenv("GORACE")+" "+race.ToFile(log))...)
	cmd.Stdout, cmd.Stderr = startenv.Stdout(), startenv.Stderr()
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return say(3, "lockstep: %v", err)
	}
	defer lifeline.Close()
	err = cmd.Run()
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return 0
	case !ok:
		return say(3, "lockstep: %v", err)
	case exit.ExitCode() == racedAtExit:
		reports, _ := race.ReadLogOf(log, cmd.Process.Pid) // what cannot be read cannot be explained
		say(0, "\n%s", teller.Tell("", explainer(reports), reports))
	}
	return max(1, exit.ExitCode()) // -1 for a signal
}

// note leaves a line for the process that has started this one.
func note(check string, status verdict.Status) {
	if !startenv.Outcomes.Set() {
		return
	}
	f, err := os.OpenFile(startenv.Outcomes.Value(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return // then it counts as not passed
	}
	defer f.Close()
	fmt.Fprintln(f, check, status)
}

// passed reads these lines. With -count a check has several, and has passed if it has each time.
func (r *testRun) passed() func(check string) bool {
	text, _ := os.ReadFile(r.outcomes) // there is none if no check ended
	all := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		check, status, _ := strings.Cut(strings.TrimSpace(line), " ")
		before, again := all[check]
		all[check] = status == string(verdict.Passed) && (before || !again)
	}
	return func(check string) bool { return all[check] }
}

// rests tells go test on what else its result rests, which it keeps for as long as nothing of that changes: the kit that grades.
func rests() {
	startenv.Ungraded.Matters()
	l, err := catalogue()
	if err != nil {
		return
	}
	filepath.WalkDir(filepath.Join(l.Root, "harness"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "testdata" {
			return fs.SkipDir
		}
		return nil // it was looked at, and go test has noted that
	})
}

// whole tells whether this is a go test of all checks of the package.
func whole() bool {
	return given("paniconexit0") && !slices.ContainsFunc([]string{"run", "skip", "short", "list", "bench", "fuzz"}, given) && value("count") != "0"
}

// given tells whether a flag of go test says something else than it does by itself.
func given(name string) bool {
	f := flag.Lookup("test." + name)
	return f != nil && f.Value.String() != f.DefValue
}

func value(name string) string { return flag.Lookup("test." + name).Value.String() }

// flags are those of these that were given, for another process.
func flags(names ...string) (args []string) {
	for _, name := range names {
		if given(name) {
			args = append(args, "-test."+name+"="+value(name))
		}
	}
	return args
}

// goCommand runs the go command that has built this binary: go test puts it in front of the others.
func goCommand(ctx context.Context, dir string, args ...string) (said string, err error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, process.Without(startenv.Environ(), "CGO_ENABLED=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// say prints a line where the checks print, and returns code.
func say(code int, format string, args ...any) int {
	fmt.Fprintf(startenv.Stdout(), format+"\n", args...)
	return code
}
