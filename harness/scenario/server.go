package scenario

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"lockstep/harness/lab"
	"lockstep/harness/process"
	"lockstep/harness/race"
	"lockstep/harness/stacks"
	"lockstep/harness/startenv"
)

// The server process is told what to do in lines of JSON on its standard input, and answers with
// one line each on its standard output. The end of the input ends it.
type (
	request struct {
		Do   string          `json:"do"` // "idle" or "look"
		Sent map[string]sent `json:"sent,omitempty"`
	}
	sent struct {
		Bytes int64 `json:"bytes"`
		Ended bool  `json:"ended"` // half-closed behind these bytes
	}
	reply struct {
		Key        string             `json:"key"`                 // of the server process; others are not believed
		Listening  string             `json:"listening,omitempty"` // the first reply: host:port,
		Console    string             `json:"console,omitempty"`   // and where the console is, if there is one
		Idle       bool               `json:"idle,omitempty"`
		Replied    map[string]int64   `json:"replied,omitempty"` // bytes to each client, when idle
		Goroutines []stacks.Goroutine `json:"goroutines,omitempty"`
		Held       []string           `json:"held,omitempty"`     // who waits for whose lock
		Findings   []string           `json:"findings,omitempty"` // about locks, in the last reply
		Races      int                `json:"races,omitempty"`    // that the detector has reported, in the last reply
		Served     bool               `json:"served,omitempty"`   // the last reply: Serve has returned,
		Error      string             `json:"error,omitempty"`    // with this
	}
)

// keySecret is what a server process calls the key of its replies.
const keySecret = "story"

// A server is the parent's side of a server process.
type server struct {
	cmd       *exec.Cmd
	addr      string
	console   string // where its console is, if it has one
	unordered bool
	stdin     io.WriteCloser
	stdout    io.Closer
	replies   *json.Decoder
	key       string
	forged    bool
	last      reply // the one that says that Serve has returned, if it came
	stderr    race.Stream
	ended     chan struct{} // closed when the process is gone
}

// startServer returns when the server listens. Also with an error it may return a server, to be killed.
// It listens at addr, or at any free port. reported hears of each race; it may be nil.
func startServer(ctx context.Context, cmd *exec.Cmd, dir string, unordered bool, addr string, reported func(string)) (*server, error) {
	s := &server{cmd: cmd, unordered: unordered, key: rand.Text(), ended: make(chan struct{})}
	s.stderr.OnReport = reported
	opening, env, err := startenv.Opening(map[string]string{keySecret: s.key})
	if err != nil {
		return nil, err
	}
	cmd.Dir = dir
	cmd.Env = process.Without(startenv.Environ(), startenv.Server.With("1"), env, "GORACE="+race.GORACE)
	if unordered {
		cmd.Env = append(cmd.Env, startenv.Unordered.With("1"))
	}
	if addr != "" {
		cmd.Env = append(cmd.Env, startenv.ServerAddr.With(addr))
	}
	cmd.Stderr = &s.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Not StdoutPipe, which closes with the process, whether its last reply has been read or not.
	stdout, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		stdout.Close()
		return nil, err
	}
	s.stdin, s.stdout, s.replies = stdin, stdout, json.NewDecoder(bufio.NewReader(stdout))
	stdin.Write(opening)        // who has ended already says why
	cmd.WaitDelay = time.Second // for those who have inherited its standard error
	kill := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	go s.wait(kill) // ends with the process

	late := time.AfterFunc(Patience, func() { cmd.Process.Kill() })
	defer late.Stop()
	var first reply
	if err := s.read(&first); err != nil || first.Listening == "" {
		cmd.Process.Kill()
		<-s.ended
		return s, fmt.Errorf("the server process did not listen within %v: %s", Patience, s.stderr.Text())
	}
	s.addr, s.console = first.Listening, first.Console
	return s, nil
}

// wait waits for the process, and for all that it wrote to its standard error.
func (s *server) wait(stop func() bool) {
	s.cmd.Wait()
	s.stderr.Close()
	stop()
	close(s.ended)
}

// ask sends one request and reads its answer. An error means that the process is gone.
func (s *server) ask(r request) (reply, error) {
	var answer reply
	gone := json.NewEncoder(s.stdin).Encode(r) // it may have said something before
	err := s.read(&answer)
	if err == nil && answer.Served {
		s.last = answer
		err = errors.New("Serve has returned")
	}
	return answer, cmp.Or(err, gone)
}

// read reads the next reply. A process whose replies somebody else writes is ended.
func (s *server) read(answer *reply) error {
	err := s.replies.Decode(answer)
	if err == nil && answer.Key != s.key || err != nil && isSyntax(err) {
		s.forged = true
		s.cmd.Process.Kill()
		return errForged
	}
	return err
}

var errForged = errors.New("the server's process writes to its file descriptor 1, which is the kit's: leave the descriptors alone")

func isSyntax(err error) bool {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	return syntax || kind
}

// stalled tells whether nothing moves in the server.
func (s *server) stalled() bool {
	answer, err := s.ask(request{Do: "look"})
	return err != nil || answer.Idle
}

// stop ends the server the way a lab's program ends: the listener is closed, and Serve returns when
// its handlers have.
func (s *server) stop() reply {
	s.stdin.Close()
	late := time.AfterFunc(Patience, func() { s.cmd.Process.Kill() })
	defer late.Stop()
	for !s.last.Served {
		var answer reply
		if err := s.read(&answer); err != nil {
			break
		}
		s.last = answer
	}
	<-s.ended
	return s.last
}

func (s *server) kill() {
	s.stdin.Close()
	s.cmd.Process.Kill()
	<-s.ended
	s.stdout.Close()
}

// races returns the data races that the process met. It has ended.
func (s *server) races() []race.Report { return s.stderr.Reports() }

// hidden tells whether the process met more races than it could report.
func (s *server) hidden() bool {
	n := s.stderr.Count()
	return n < s.last.Races || n == 0 && s.cmd.ProcessState.ExitCode() == raced
}

// crash is the first line of what a dying Go program printed, or "". The process has ended.
func (s *server) crash() string {
	if s.cmd.ProcessState.ExitCode() != 2 {
		return "" // a server may log what it recovered from, in the same words
	}
	for line := range strings.Lines(s.stderr.Text()) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// blame makes a failure, and adds what the server can say about it.
func (p *play) blame(text, replied string) error {
	if p.program != nil {
		if replied == "" {
			text += programs()
		}
		return &wrong{text: text, reply: replied}
	}
	answer, err := p.server.ask(request{Do: "look"})
	if err != nil {
		<-p.server.ended
		switch crash := p.server.crash(); {
		case p.server.forged:
			text += "\n" + errForged.Error()
		case crash != "":
			text += "\nthe server crashed: " + crash
			if all := stacks.Parse(p.server.stderr.Text()); len(all) > 0 {
				text += where(all[0])
			}
		case p.server.last.Served:
			text += "\nServe had returned already, " + returned(p.server.last)
		default:
			text += "\nthe server's process had ended without a word: does the code call os.Exit?"
		}
		return &wrong{text: text, reply: replied}
	}
	if replied == "" {
		var lines []string
		for _, g := range answer.Goroutines {
			if at := where(g); at != "" {
				lines = append(lines, "\n  a goroutine of the server "+g.Doing()+","+at)
			}
		}
		slices.Sort(lines) // a dump is in no order that means anything
		text += strings.Join(lines, "")
		for _, held := range answer.Held {
			text += "\n  " + held
		}
	}
	return &wrong{text: text, reply: replied}
}

// where names the innermost line of the student in g.
func where(g stacks.Goroutine) string {
	if at, ok := g.Innermost(lab.Owns); ok {
		return fmt.Sprintf(" at %s, in %s", at, at.Name())
	}
	return ""
}

func returned(r reply) string {
	if r.Error == "" {
		return "with nil"
	}
	return "with the error " + r.Error
}

// finish ends clients and server and collects what they leave.
func (p *play) finish() error {
	if p.server == nil {
		return errors.New("the story never starts a server")
	}
	for _, name := range slices.Sorted(maps.Keys(p.clients)) {
		c := p.clients[name]
		if _, ok := c.conn.(operator); ok {
			continue // the server goes on without
		}
		if program, ok := c.conn.(*console); ok {
			program.CloseWrite()
		}
		if p.result.Failure == "" {
			if w, ok := errors.AsType[*wrong](p.closed(&Step{}, c)); ok {
				p.result.Failure = w.text
			}
		}
		c.conn.Close()
	}
	last := p.server.stop()
	p.result.Server = p.server.stderr.Text()
	p.result.Findings = last.Findings
	p.forget()
	if p.result.Failure == "" {
		switch crash := p.server.crash(); {
		case p.server.forged:
			p.result.Failure = errForged.Error()
		case crash != "":
			p.result.Failure = "the server crashed: " + crash
		case !last.Served:
			p.result.Failure = fmt.Sprintf("Serve did not return within %v of its listener's close and its last client's leaving", Patience)
		case last.Error != "":
			p.result.Failure = "Serve should return nil once its listener is closed, and returned " + last.Error
		}
	}
	var err error
	if p.result.Log, err = os.ReadFile(p.logFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, s := range append(p.before, p.server) {
		p.result.Races = append(p.result.Races, s.races()...)
		if p.result.Failure == "" && s.hidden() {
			p.result.Failure = "the race detector met a data race in the server, and its report is gone: leave standard error alone"
		}
	}
	return nil
}

// stop leaves nothing running.
func (p *play) stop() {
	for _, c := range p.clients {
		c.conn.Close()
	}
	p.forget()
	if p.server != nil && p.server.cmd.Process != nil {
		p.server.kill()
	}
}
