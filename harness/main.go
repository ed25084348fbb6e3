// Command harness is the command line of Lockstep: go run ./harness COMMAND.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/sandbox"
	"lockstep/harness/visible"
)

// Exit statuses. A bad score is not an error; for check, notYet says that a core check fails.
const (
	done    = 0
	notYet  = 1
	usage   = 2
	cannot  = 3
	stopped = 130
)

func main() {
	sandbox.Main()
	// Also when the terminal is closed, or nobody reads on: | head.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	os.Exit(Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

type cli struct {
	Demo   demoCmd   `cmd:"" help:"Replay the lecture's scenarios on the unlocked and on the locked server."`
	Check  checkCmd  `cmd:"" help:"Give the grader's verdict on your working copy of a lab, with hints."`
	Grade  gradeCmd  `cmd:"" help:"Grade every submission in a folder, or compare two gradings."`
	Show   showCmd   `cmd:"" help:"Show a recorded run step by step: check and grade record the runs in which checks fail."`
	Replay replayCmd `cmd:"" help:"Run a recorded run again, and tell whether it goes the same way."`
	Verify verifyCmd `cmd:"" help:"Prove the checks: the reference passes, the stub does not, each mistake is caught."`
	Run    runCmd    `cmd:"" help:"Run a lab's program."`
	Test   testCmd   `cmd:"" help:"Run the tests of the kit itself, and tell which were left out."`
	New    newCmd    `cmd:"" help:"Write the files of a new lab, with blanks to be filled in."`
	Burn   burnCmd   `cmd:"" hidden:""`
	Doctor doctorCmd `cmd:"" help:"Tell what works on this machine, and how to fix the rest."`
}

// A session is what every command works with.
type session struct {
	ctx    context.Context
	root   string // the repository
	tmp    string // removed when the command is over
	stdin  io.Reader
	stdout io.Writer // takes colours, and drops them where they are not wanted
	raw    io.Writer // the same, as it came
	stderr io.Writer
	tty    bool // stdout is a terminal

	sum       string // of the kit's files, once it was asked for
	unsteered string // why no schedule can decide here, "" if one can
}

// A status is an error that has been told already.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// A usageError is about the words of the command line.
type usageError struct{ error }

func badUsage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Run is the program, for main and for tests. It returns the exit status. When ctx is done, it ends
// what it has started, removes its temporary files and returns.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := run(ctx, args, stdin, stdout, stderr)
	var parse *kong.ParseError
	var words usageError
	var unknown *lab.UnknownError
	var noMistake *answers.UnknownError
	var told status
	switch {
	case err == nil:
		return done
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "lockstep: stopped")
		return stopped
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &parse):
		fmt.Fprintf(stderr, "lockstep: %s; go run ./harness --help lists the commands\n", visible.Text(err.Error()))
		return usage
	}
	fmt.Fprintf(stderr, "lockstep: %s\n", visible.Text(err.Error())) // it may have a student's words in it
	if errors.As(err, &words) || errors.As(err, &unknown) || errors.As(err, &noMistake) {
		return usage
	}
	return cannot
}

// newParser knows the commands and their flags.
func newParser(options ...kong.Option) (*kong.Kong, error) {
	return kong.New(new(cli), append(options, kong.Name("go run ./harness"),
		kong.Description("Lockstep, a lab kit for concurrent network programming."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))...)
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	helped := false
	parser, err := newParser(kong.Writers(stdout, stderr), kong.Exit(func(int) { helped = true }))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return err
	}

	wd, err := os.Getwd()
	if err != nil {
		return err
	}
	s := &session{ctx: ctx, stdin: stdin, stdout: colorprofile.NewWriter(stdout, os.Environ()), raw: stdout, stderr: stderr, tty: isTerminal(stdout)}
	if s.root, err = lab.Root(wd); err != nil {
		return err
	}
	tmp, remove, err := sandbox.Scratch()
	if err != nil {
		return err
	}
	s.tmp = tmp
	defer func() {
		if removeErr := remove(); err == nil {
			err = removeErr
		}
	}()
	return command.Run(s)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb"
}

// graded builds what is judged, and tells if no schedule can decide there; builder builds what is shown and run.
func (s *session) graded() (*build.Builder, error) {
	b, unsteered, err := build.Graded(s.root, s.tmp)
	if unsteered != nil {
		s.unsteered = unsteered.Error()
	}
	return b, err
}

// kit sums up the kit.
func (s *session) kit() (sum string, err error) {
	if s.sum == "" {
		s.sum, err = lab.Sum(s.root)
	}
	return s.sum, err
}

// unsearched is said of verdicts to which no schedule was searched.
func (s *session) unsearched() string {
	return "no schedules are searched here, seeds disturb the checks instead: " + s.unsteered
}

// waiting tells whoever sits there, until it is stopped, that a build takes long. It does on a machine that has not built anything like it.
func (s *session) waiting() (stop func()) {
	if !s.tty {
		return func() {}
	}
	told := time.AfterFunc(firstBuild, func() {
		fmt.Fprintln(s.stderr, "lockstep: still building: the first time here, Go's own packages are compiled once more, which takes about a minute; after that it takes seconds")
	})
	return func() { told.Stop() }
}

// firstBuild is longer than a build takes when everything but the student's files is in the go command's cache.
const firstBuild = 8 * time.Second

func (s *session) builder() *build.Builder { return &build.Builder{Root: s.root, Dir: s.tmp} }

// labs returns the labs with these names, or all.
func (s *session) labs(names []string) ([]*lab.Lab, error) {
	if len(names) == 0 {
		return lab.All(s.root)
	}
	var labs []*lab.Lab
	for _, name := range names {
		l, err := lab.Find(s.root, name)
		if err != nil {
			return nil, err
		}
		labs = append(labs, l)
	}
	return labs, nil
}
