// Package story plays the scenarios in scripts/NN: clients on real TCP connections against a server
// in a process of its own. A student's go test, the grader and the demo all play the same file.
//
//	result, err := scenario.Play(ctx, "scripts/04/scenario3.txtar", func() *exec.Cmd {
//		return exec.Command(binary) // calls scenario.Serve when it finds itself the server
//	}, scenario.Options{})
//
// A story is a testscript file (github.com/rogpeppe/go-internal/testscript) whose commands read
// like the lecture. Each of them waits for an event; none waits for time to pass.
//
//	serve [unordered]        start the server; unordered hides the clients' timing from the race detector
//	run CLIENT [ARG...]      start the student's client, in a lab where that is what students write; from then on
//	                         say types a line, await waits for one on its screen, finish ends its input, and
//	                         ended waits until it has returned
//	down                     the server goes down, with the clients connected
//	signal INT|TERM          send the signal to the server's process
//	exited                   wait for the server's process to end by itself, with status 0
//	again                    start a second server at the address of the one that has exited
//	connect CLIENT           open a connection; the client's last one must have been closed by the server
//	say CLIENT TEXT...       send a line
//	send CLIENT FILE         send the bytes of CLIENT/FILE and half-close
//	write CLIENT FILE        send the bytes of CLIENT/FILE
//	finish CLIENT            half-close: nothing more will be sent
//	leave CLIENT             close the connection
//	reset CLIENT             break the connection off, as when a machine crashes
//	ended CLIENT             wait for the server to close the connection, without another line
//	refused CLIENT           nobody can connect any more
//	await CLIENT TEXT...     wait for a line, passing over others; the last word may be left out
//	await server idle        wait until the server has nothing left to do (after serve unordered)
//	nothing CLIENT           the same, and no line has come for this client since the last that it awaited
//	log is CLIENT/FILE...    all_received is these files, in this order
//	log holds CLIENT/FILE... all_received is these files, each whole, in any order
//
// Where the server is a program with a console ([ServeOperated]), the client operator sits there and need
// not connect: say types a line, await waits for one on the screen.
//
// In a TEXT, {CLIENT} stands for the address of a client's last connection, host:port, as the server
// sees it: "await anna [{bert}] hello".
//
// When the story is over the server's listener is closed; Serve must return nil, and the process
// must not have met a data race. The verdict is made of replies, contents and race reports, never
// of an exit status alone.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"lockstep/harness/await"
	"lockstep/harness/race"
)

// Patience is how long a client waits for a reply before the story fails, if the server is busy all
// that time. A server in which nothing moves is found out after a few seconds.
const Patience = await.Limit

// A Step is one command of a story, or a comment, and what came of it.
type Step struct {
	Line    int    // in the file
	Text    string // the command as written, or the comment without its #
	Kind    Kind
	Client  string  // who acted; "" for the server and the log
	Replies []Reply // what was seen to come meanwhile
	Failed  bool
}

// A Reply is a line that a client received.
type Reply struct{ Client, Line string }

// A Kind tells the steps of a story apart.
type Kind string

const (
	Comment Kind = "comment"
	Command Kind = "command"
)

// A Result is what happened.
type Result struct {
	Title    string // the first comment
	Steps    []Step
	Failure  string // what went wrong first, "" if all went as told
	Reply    string // the reply that was wrong, if that was it
	Log      []byte // what all_received held at the end
	Files    []File // what the clients sent
	Races    []race.Report
	Findings []string // about locks, from a server that was built to know about them
	Server   string   // what the server wrote to its standard error
	Notes    []string
}

// A File is one that a client sends.
type File struct {
	Client, Name string
	Data         []byte
}

// Options are for those who want something else than the usual.
type Options struct {
	TempDir string  // where the server's folder is made; "" is the system's
	Program Program // what run starts

	// Reported hears of each data race in the server as soon as it is reported there, from another goroutine. It may be nil.
	Reported func(raw string)
}

// Play runs the story in file. The command that server returns must lead to [Serve]; its
// environment and folder are set here. The error is for trouble with the story or the process
// itself, not with the server's behaviour: that is in the result.
func Play(ctx context.Context, file string, server func() *exec.Cmd, o Options) (*Result, error) {
	work, err := os.MkdirTemp(o.TempDir, "lockstep-story-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &play{
		ctx:      ctx,
		command:  server,
		work:     work,
		lines:    strings.Split(string(text), "\n"),
		clients:  map[string]*client{},
		addrs:    map[string]string{},
		program:  o.Program,
		reported: o.Reported,
		result:   &Result{},
	}
	defer p.stop()
	runner := &runner{}
	runner.run(testscript.Params{
		Files:       []string{file},
		WorkdirRoot: work,
		Setup:       p.setup,
		Cmds:        p.commands(),
	})
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if p.trouble != nil {
		return nil, p.trouble
	}
	if runner.failed && p.result.Failure == "" {
		return nil, fmt.Errorf("%s cannot be played: %s", file, strings.TrimSpace(runner.log))
	}
	p.comments(len(p.lines)) // those behind the last command
	if err := p.finish(); err != nil {
		return nil, err
	}
	return p.result, nil
}

// A runner is the T that testscript wants, for one script, outside of go test.
type runner struct {
	failed bool
	log    string
}

var errFailNow = errors.New("story failed")

func (r *runner) run(p testscript.Params) {
	defer func() {
		if v := recover(); v != nil && v != any(errFailNow) {
			panic(v)
		}
	}()
	testscript.RunT(r, p)
}

func (r *runner) Skip(args ...any)                        { r.Fatal(args...) }
func (r *runner) Fatal(args ...any)                       { r.Log(args...); r.FailNow() }
func (r *runner) Parallel()                               {}
func (r *runner) Log(args ...any)                         { r.log += fmt.Sprintln(args...) }
func (r *runner) FailNow()                                { r.failed = true; panic(errFailNow) }
func (r *runner) Run(name string, f func(t testscript.T)) { f(r) }
func (r *runner) Verbose() bool                           { return false }

// OK tells whether the server did all that the story asks, without a race.
func (r *Result) OK() bool {
	return r.Failure == "" && len(r.Races) == 0 && len(r.Findings) == 0
}

// Transcript is the story up to where it ended, with the replies behind what the clients did.
func (r *Result) Transcript() string {
	var b strings.Builder
	for _, s := range r.Steps {
		switch {
		case s.Kind == Comment:
			fmt.Fprintf(&b, "# %s\n", s.Text)
			continue
		case s.Failed:
			fmt.Fprintf(&b, "  %s   <-- here\n", s.Text)
		default:
			fmt.Fprintf(&b, "  %s\n", s.Text)
		}
		for _, r := range s.Replies {
			fmt.Fprintf(&b, "      %s gets  %s\n", r.Client, r.Line)
		}
	}
	return b.String()
}

// A Span is a piece of the log that one file accounts for.
type Span struct {
	Text string
	File string // client1/file1, or "" for bytes that nobody sent
}

// Spans divides the log by lines and says which file each is from. The files of a story have no
// line in common, so that this is certain.
func (r *Result) Spans() []Span {
	var spans []Span
	for line := range strings.SplitAfterSeq(string(r.Log), "\n") {
		if line == "" {
			continue
		}
		from := ""
		for _, f := range r.Files {
			if strings.Contains("\n"+string(f.Data), "\n"+line) {
				from = f.Client + "/" + f.Name
				break
			}
		}
		if n := len(spans); n > 0 && spans[n-1].File == from {
			spans[n-1].Text += line
			continue
		}
		spans = append(spans, Span{Text: line, File: from})
	}
	return spans
}

func (p *play) setup(env *testscript.Env) error {
	p.dir = env.WorkDir
	matches, err := filepath.Glob(filepath.Join(p.dir, "*", "*"))
	if err != nil {
		return err
	}
	for _, m := range matches {
		client := filepath.Base(filepath.Dir(m))
		if strings.HasPrefix(client, ".") {
			continue // testscript's own
		}
		data, err := os.ReadFile(m)
		if err != nil {
			return err
		}
		p.result.Files = append(p.result.Files, File{Client: client, Name: filepath.Base(m), Data: data})
	}
	return nil
}
