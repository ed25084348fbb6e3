package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/verify"
)

type verifyCmd struct {
	Labs  []string `arg:"" optional:"" help:"The labs to prove; all of them if none is named."`
	Runs  *int     `placeholder:"N" help:"How often to run each variant: once if that is not said, and ten times with --outside."`
	times int      // that
	Only  []string `placeholder:"NAME" help:"Run only these variants: reference, stub, or the name of a style or of a mistake."`
	Table bool     `xor:"table" help:"Compare three graders instead: plain go test -race over TCP, the student's own, and this one."`
	Load  int      `help:"Keep so many further processes busy meanwhile."`

	Replay bool `xor:"table" help:"Run the recorded run of each mistake again instead, --runs times, and tell whether it goes the same way."`

	Generated bool `xor:"table" help:"Play the stories alone, with all other checks switched off, and count what they find."`

	Rules bool `xor:"table" help:"Print which check proves which sentence of the handout instead, as it stands in the lab's notes."`

	Outside bool `xor:"table" help:"Measure the engine instead on bugs that it was not made for (docs/detection.md#an-outside-measure)."`

	Seeds bool `xor:"table" help:"Search no schedules, as where that is not possible (docs/detection.md#schedules)."`

	Feedback bool `xor:"table" help:"Write what a student is told of each mistake into NAME.feedback, instead of comparing it."`

	Refresh []string `placeholder:"NAME" xor:"patch" help:"Write these mistakes' patches anew instead: their base has changed, or the folder of a mistake's name beside its patch has what it is to be."`
	Unfold  []string `placeholder:"NAME" xor:"patch" help:"Write these mistakes' files into folders of their names instead, to be edited there; --refresh folds them again."`
}

func (c *verifyCmd) Run(s *session) error {
	switch {
	case c.Runs != nil:
		c.times = *c.Runs
	case c.Outside:
		c.times = 10
	default:
		c.times = 1
	}
	if c.times < 1 {
		return badUsage("--runs %d: it takes at least one", c.times)
	}
	if c.Outside {
		return c.outside(s)
	}
	labs, err := s.labs(c.Labs)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.root, "solutions")); err != nil {
		return fmt.Errorf("there is no folder solutions here, so there is nothing to prove the checks with; a student's copy does not have it")
	}
	if len(c.Refresh)+len(c.Unfold) > 0 {
		return c.patch(s, labs)
	}
	if err := c.known(labs); err != nil {
		return err
	}
	if c.Rules {
		return rules(s, labs)
	}
	stop, err := burn(s, c.Load)
	if err != nil {
		return err
	}
	defer stop()
	if c.Table {
		return c.table(s, labs)
	}
	builder, err := s.graded()
	if err != nil {
		return err
	}
	if s.unsteered != "" {
		fmt.Fprintf(s.stdout, "note: %s\n", s.unsearched())
	}
	if c.Seeds {
		builder.Steer = nil
	}
	if c.Replay {
		return c.replays(s, builder, labs)
	}
	if c.Generated {
		return c.generated(s, builder, labs)
	}
	wrong := 0
	for _, l := range labs {
		fmt.Fprintf(s.stdout, "lab %s %s, each variant %d times\n", l.ID, l.Name, c.times)
		p := &verify.Verifier{Builder: builder, Judge: &judge.Judge{Dir: s.tmp}, Runs: c.times, Only: c.Only, Record: c.Feedback, OnLine: func(line verify.Line) {
			if !line.OK() {
				wrong++
			}
			printLine(s, line)
		}}
		if _, err := p.Lab(s.ctx, l); err != nil {
			return err
		}
	}
	switch wrong {
	case 0:
		return nil
	case 1:
		fmt.Fprintf(s.stdout, "\n1 line is not as it must be\n")
	default:
		fmt.Fprintf(s.stdout, "\n%d lines are not as they must be\n", wrong)
	}
	return status(notYet)
}

// known refuses a name that no lab has: nothing would be proved, and all would look well.
func (c *verifyCmd) known(labs []*lab.Lab) error {
	for _, name := range c.Only {
		var err error
		for _, l := range labs {
			_, err = answers.Find(l, name)
			if _, stale := errors.AsType[*answers.StaleError](err); stale {
				err = nil // there is such a mistake, and the catalogue's line says what is wrong with it
			}
			if err == nil {
				break
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// patch works on the patches of some mistakes.
func (c *verifyCmd) patch(s *session, labs []*lab.Lab) error {
	if len(labs) != 1 {
		return badUsage("name the lab of the mistake: go run ./harness verify --refresh NAME NN")
	}
	l := labs[0]
	for _, name := range c.Unfold {
		dir, lost, err := answers.Unfold(l, name)
		if err != nil {
			return err
		}
		for _, hunk := range lost {
			fmt.Fprintf(s.stdout, "%s: this is not in the folder, because lines of it are gone; change it by hand, %s\n", name, hunk)
		}
		fmt.Fprintf(s.stdout, "%s has the mistake's files; edit them, and then: go run ./harness verify --refresh %s %s\n", dir, name, l.ID)
	}
	for _, name := range c.Refresh {
		moved, err := answers.Refresh(l, name)
		if err != nil {
			return err
		}
		for _, line := range moved {
			fmt.Fprintf(s.stdout, "%s: %s\n", name, line)
		}
		fmt.Fprintf(s.stdout, "%s is written; go run ./harness verify --only %s %s proves it\n", path.Join(l.SolutionDir(), "mistakes", name+".patch"), name, l.ID)
	}
	return nil
}

// replays runs what was recorded of mistakes again.
func (c *verifyCmd) replays(s *session, builder *build.Builder, labs []*lab.Lab) error {
	if builder.Steer == nil {
		return fmt.Errorf("no run can be repeated here: %s", s.unsteered)
	}
	all, same, short, few := 0, 0, 0, 0
	for _, l := range labs {
		fmt.Fprintf(s.stdout, "lab %s %s, each recorded run %d times\n", l.ID, l.Name, c.times)
		v := &verify.Verifier{Builder: builder, Judge: &judge.Judge{Dir: s.tmp}, Runs: c.times, Only: c.Only}
		err := v.Replays(s.ctx, l, func(r verify.Replay) {
			fmt.Fprintf(s.stdout, "  %4d/%-4d %-18s %2d steps, %s  %s\n", r.Same, r.Runs, r.Mistake, r.Steps, switches(r.Switches), r.Check)
			for _, text := range r.Wrong {
				fmt.Fprintf(s.stdout, "      %s\n", text)
			}
			if all++; r.Same == r.Runs {
				same++
			}
			if r.Steps <= fewSteps {
				short++
			}
			if r.Switches <= fewSwitches {
				few++
			}
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(s.stdout, "\nof %d recorded runs %d went the same way each time; %d have at most %d steps, and %d at most %d switches\n", all, same, short, fewSteps, few, fewSwitches)
	if same < all {
		return status(notYet)
	}
	return nil
}

// generated counts what the stories find.
func (c *verifyCmd) generated(s *session, builder *build.Builder, labs []*lab.Lab) error {
	var sum struct{ found, mistakes, wrong int }
	for _, l := range labs {
		wrong, found, mistakes := 0, 0, 0
		fmt.Fprintf(s.stdout, "lab %s %s, its stories alone, %d times\n", l.ID, l.Name, c.times)
		v := &verify.Verifier{Builder: builder, Judge: &judge.Judge{Dir: s.tmp}, Runs: c.times, Only: c.Only}
		err := v.Generated(s.ctx, l, func(g verify.Generated) {
			kind := ""
			switch {
			case g.Right:
				wrong += g.Found
				kind = "right"
			case g.Bonus:
				kind = "a bonus rule"
			default:
				mistakes++
				if g.Found == g.Runs {
					found++
				}
			}
			fmt.Fprintf(s.stdout, "  %4d/%-4d %-20s %4d stories  %-8s  %s\n", g.Found, g.Runs, g.Answer, g.Tried, g.Verdict.Status, kind)
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "of %d mistakes that break a rule of the core %d were found each time; %d false alarms\n\n", mistakes, found, wrong)
		sum.found, sum.mistakes, sum.wrong = sum.found+found, sum.mistakes+mistakes, sum.wrong+wrong
	}
	fmt.Fprintf(s.stdout, "in all: of %d mistakes that break a rule of the core %d were found each time; %d false alarms\n", sum.mistakes, sum.found, sum.wrong)
	if sum.wrong > 0 {
		return status(notYet)
	}
	return nil
}

// rules prints which check proves which sentence.
func rules(s *session, labs []*lab.Lab) error {
	for _, l := range labs {
		table, err := verify.Rules(l)
		if err != nil {
			return err
		}
		fmt.Fprint(s.stdout, table)
	}
	return nil
}

// What a class can follow.
const (
	fewSteps    = 20
	fewSwitches = 2
)

func switches(n int) string {
	if n == 1 {
		return "1 switch"
	}
	return fmt.Sprint(n, " switches")
}

// table prints how often each grader finds fault with each answer, and then how sure each is of the mistakes of each lab.
func (c *verifyCmd) table(s *session, labs []*lab.Lab) error {
	builder, err := s.graded()
	if err != nil {
		return err
	}
	sums := ""
	for _, l := range labs {
		fmt.Fprintf(s.stdout, "lab %s %s: found in how many of %d runs (%s, GOMAXPROCS=%d, %d busy processes beside it)\n\n",
			l.ID, l.Name, c.times, runtime.Version(), runtime.GOMAXPROCS(0), c.Load)
		fmt.Fprintf(s.stdout, "| answer | plain, over TCP | the student's go test -race | graded |\n| --- | --- | --- | --- |\n")
		p := &verify.Verifier{Builder: builder, Judge: &judge.Judge{Dir: s.tmp}, Runs: c.times}
		var plain, own, graded sureness
		mistakes, alarms := 0, 0
		err = p.Table(s.ctx, l, func(row verify.Row) {
			name := row.Variant
			if row.Right {
				name += ", which is right"
				alarms += row.Plain + row.Own + row.Graded
			} else {
				mistakes++
				plain.count(row.Plain, c.times)
				own.count(row.Own, c.times)
				graded.count(row.Graded, c.times)
			}
			fmt.Fprintf(s.stdout, "| %s | %d | %d | %d |\n", name, row.Plain, row.Own, row.Graded)
		})
		if err != nil {
			return err
		}
		sums += fmt.Sprintf("| %s | %d | %v | %v | %v | %d |\n", l.ID, mistakes, plain, own, graded, alarms)
		fmt.Fprintln(s.stdout)
	}
	fmt.Fprintf(s.stdout, "mistakes found in all runs, in some, in none:\n\n| lab | mistakes | plain, over TCP | the student's go test -race | graded | false alarms |\n| --- | --- | --- | --- | --- | --- |\n%s", sums)
	return nil
}

// A sureness is how many mistakes a grader finds in all runs, in some, and in none.
type sureness struct{ all, some, none int }

func (s *sureness) count(found, runs int) {
	switch found {
	case runs:
		s.all++
	case 0:
		s.none++
	default:
		s.some++
	}
}

func (s sureness) String() string { return fmt.Sprintf("%d, %d, %d", s.all, s.some, s.none) }

// burn keeps n processes busy until it is stopped.
func burn(s *session, n int) (stop func(), err error) {
	var ends []func()
	stop = func() {
		for _, end := range ends {
			end()
		}
	}
	exe, err := os.Executable()
	for i := 0; i < n && err == nil; i++ {
		cmd := exec.Command(exe, "burn")
		var lifeline io.WriteCloser // ends with this process, too
		if lifeline, err = cmd.StdinPipe(); err == nil {
			err = cmd.Start()
		}
		if err == nil {
			ends = append(ends, func() { lifeline.Close(); cmd.Wait() })
		}
	}
	if err != nil {
		stop()
	}
	return stop, err
}

// burnCmd is what the busy processes run.
type burnCmd struct{}

func (burnCmd) Run(s *session) error {
	go func() {
		//lint:ignore SA5002 to be busy is what it is for
		for {
		}
	}()
	_, err := io.Copy(io.Discard, s.stdin)
	return err
}

func printLine(s *session, line verify.Line) {
	style, word := lipgloss.NewStyle().Foreground(lipgloss.Green), "ok"
	if !line.OK() {
		style, word = lipgloss.NewStyle().Foreground(lipgloss.Red), "WRONG"
	}
	what := line.What
	if line.Check != "" {
		var how []string
		for _, status := range slices.Sorted(maps.Keys(line.Seen)) {
			how = append(how, fmt.Sprintf("%s %d", status, line.Seen[status]))
		}
		what += " (" + strings.Join(how, ", ") + ")"
	}
	fmt.Fprintf(s.stdout, "  %s  %4d/%-4d %-18s  %s\n", style.Render(fmt.Sprintf("%-5s", word)), line.Good, line.Runs, line.Variant, what)
	for _, text := range line.Wrong {
		fmt.Fprintf(s.stdout, "      %s\n", strings.ReplaceAll(text, "\n", "\n      "))
	}
}
