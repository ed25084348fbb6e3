package host

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/process"
	"lockstep/harness/race"
	"lockstep/harness/startenv"
)

// A Config says how a server process is to be started. The zero value will do.
type Config struct {
	Dir       string           // the folder that it runs in; "" is this process's
	Addr      string           // where it listens, host:port; "" is any free port of the loopback interface
	Unordered bool             // the race detector does not see when a client's bytes arrive
	OnReport  func(raw string) // hears of each data race as soon as it is reported, from another goroutine; may be nil
}

// A Process is a server process, as the one that has started it sees it. Its methods are for one goroutine at a time.
type Process struct {
	Addr    string // host:port on which it listens
	Console string // where its console is, if it has one

	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stdout  io.Closer
	replies *json.Decoder
	key     string
	forged  bool
	last    reply // the one that says that Serve has returned, if it came
	stderr  race.Stream
	ended   chan struct{} // closed when the process is gone
}

// A ListenError tells of a process that did not listen. It is gone, and its exit state can be asked for.
type ListenError struct{ Process *Process }

func (e *ListenError) Error() string {
	return fmt.Sprintf("the server process did not listen within %v: %s", await.Limit, e.Process.stderr.Text())
}

// Start starts a command that leads to [Serve], and returns when the server listens; a [ListenError] says that it did not. The
// command's environment and folder are set here. The process ends with ctx, with this process, by Stop or by Kill; one of the
// two is to be called.
func Start(ctx context.Context, cmd *exec.Cmd, c Config) (*Process, error) {
	p := &Process{cmd: cmd, key: rand.Text(), ended: make(chan struct{})}
	p.stderr.OnReport = c.OnReport
	opening, env, err := startenv.Opening(map[string]string{keySecret: p.key})
	if err != nil {
		return nil, err
	}
	cmd.Dir = c.Dir
	cmd.Env = process.Without(startenv.Environ(), startenv.Server.With("1"), env, "GORACE="+race.GORACE)
	if c.Unordered {
		cmd.Env = append(cmd.Env, startenv.Unordered.With("1"))
	}
	if c.Addr != "" {
		cmd.Env = append(cmd.Env, startenv.ServerAddr.With(c.Addr))
	}
	if err := p.start(ctx, opening); err != nil {
		return nil, err
	}
	late := time.AfterFunc(await.Limit, func() { cmd.Process.Kill() })
	defer late.Stop()
	var first reply
	if err := p.read(&first); err != nil || first.Listening == "" {
		p.Kill()
		return nil, &ListenError{p}
	}
	p.Addr, p.Console = first.Listening, first.Console
	return p, nil
}

// start starts the process, with pipes, and tells it the opening.
func (p *Process) start(ctx context.Context, opening []byte) error {
	p.cmd.Stderr = &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	// Not StdoutPipe, which closes with the process, whether its last reply has been read or not.
	stdout, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	p.cmd.Stdout = theirs
	p.cmd.WaitDelay = time.Second // for those who have inherited its standard error
	err = p.cmd.Start()
	theirs.Close()
	if err != nil {
		stdout.Close()
		return err
	}
	p.stdin, p.stdout, p.replies = stdin, stdout, json.NewDecoder(bufio.NewReader(stdout))
	stdin.Write(opening) // who has ended already says why
	kill := context.AfterFunc(ctx, func() { p.cmd.Process.Kill() })
	go p.wait(kill) // ends with the process
	return nil
}

// wait waits for the process, and for all that it wrote to its standard error.
func (p *Process) wait(stop func() bool) {
	p.cmd.Wait()
	p.stderr.Close()
	stop()
	close(p.ended)
}

// ask sends one request and reads its answer. An error means that the process is gone, or will be.
func (p *Process) ask(r request) (reply, error) {
	var answer reply
	gone := json.NewEncoder(p.stdin).Encode(r) // it may have said something before
	err := p.read(&answer)
	if err == nil && answer.Served {
		p.last = answer
		err = errors.New("Serve has returned")
	}
	return answer, cmp.Or(err, gone)
}

// read reads the next reply. A process whose replies somebody else writes is ended.
func (p *Process) read(answer *reply) error {
	err := p.replies.Decode(answer)
	if err == nil && answer.Key != p.key || err != nil && isSyntax(err) {
		p.forged = true
		p.cmd.Process.Kill()
		return ErrForged
	}
	return err
}

// ErrForged says that somebody else than the child has written replies.
var ErrForged = errors.New("the server's process writes to its file descriptor 1, which is the kit's: leave the descriptors alone")

func isSyntax(err error) bool {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	return syntax || kind
}

// Look asks the process what it is doing. An error means that it has ended, or is about to.
func (p *Process) Look() (State, error) {
	answer, err := p.ask(request{Do: look})
	return answer.State, err
}

// Settle waits until nothing moves in the process any more, with all in it that clients have sent, by their addresses. It returns how many
// bytes each has been sent then; idle is false if it did not come to rest. An error means that it has ended, or is about to.
func (p *Process) Settle(sent map[string]Sent) (idle bool, replied map[string]int64, err error) {
	answer, err := p.ask(request{Do: settle, Sent: sent})
	return answer.Idle, answer.Replied, err
}

// Rests tells whether nothing moves in the process.
func (p *Process) Rests() bool {
	state, err := p.Look()
	return err != nil || state.Idle
}

// Signal sends a signal to the process, unless it is gone.
func (p *Process) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Ended is closed when the process is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Stop ends the server the way a lab's program ends: the listener is closed, and Serve returns when its handlers have; so
// every client must leave. It returns when the process is gone, which is killed when that takes too long, and says what went
// wrong, if anything did. It may be called again, and after Kill.
func (p *Process) Stop() error {
	p.stdin.Close()
	late := time.AfterFunc(await.Limit, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	for !p.last.Served {
		var answer reply
		if err := p.read(&answer); err != nil {
			break
		}
		p.last = answer
	}
	<-p.ended
	p.stdout.Close()
	return p.ExitState().err()
}

// Kill ends the process at once, whatever it is doing, and returns when it is gone. It may be called
// again, and after Stop.
func (p *Process) Kill() {
	p.cmd.Process.Kill() // first: the end of its input would let it end well
	p.stdin.Close()
	<-p.ended
	p.stdout.Close()
}
