package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"lockstep/harness/await"
)

// An Operated is a server program with a console, as somebody starts it who wants to end it well: ctx is
// done when the process gets SIGINT or SIGTERM, and the process ends when the program returns.
type Operated func(ctx context.Context, ln net.Listener, log *slog.Logger, in io.Reader, out io.Writer) error

// operatorName is what a story calls whoever sits at the console of the server.
const operatorName = "operator"

// raced is the status of a process that met a race and means to end well. The races are told anyway.
const raced = 66

// An operator is the console of a server process. To the story it is a connection like others: what is
// written there is typed, and what can be read there is on the screen.
type operator struct{ *net.TCPConn }

// ServeOperated is [Serve] for a program with a console. When the program returns, the process ends, with
// status 0, or 1 after an error.
func ServeOperated(program Operated) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	door, err := net.Listen("tcp", "127.0.0.1:0") // where the console comes in
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockstep:", err)
		return 3
	}
	run := func(ln net.Listener, log *slog.Logger) error {
		console, err := door.Accept()
		if err != nil {
			return err
		}
		return program(ctx, ln, log, console, console)
	}
	return host(reply{Console: door.Addr().String()}, run, func(err error) {
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	})
}

// console connects to the console of a server that has just been started.
func (p *play) console() error {
	if p.server.console == "" {
		return nil
	}
	c, err := net.DialTimeout("tcp", p.server.console, Patience)
	if err != nil {
		return err
	}
	p.clients[operatorName] = newClient(operatorName, operator{c.(*net.TCPConn)})
	return nil
}

// signal sends one to the server's process.
func (p *play) signal(_ *Step, args []string) error {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	if len(args) != 1 || signals[args[0]] == nil || p.server == nil {
		return usage("signal INT, or signal TERM, after serve")
	}
	if err := p.server.cmd.Process.Signal(signals[args[0]]); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// exited waits for the server's process to end by itself, with status 0.
func (p *play) exited(_ *Step, args []string) error {
	if len(args) > 0 || p.server == nil || p.server.console == "" {
		return usage("exited, after serve, in a lab whose server has a console")
	}
	_, err := await.Receive(await.Patience{Rests: p.server.stalled}, p.server.ended)
	switch {
	case p.ctx.Err() != nil: // which has ended the server, too
		return p.ctx.Err()
	case err != nil:
		return p.blame("the program should end now, and nothing moves in it any more", "")
	}
	if code := p.server.cmd.ProcessState.ExitCode(); code != 0 && code != raced {
		text := strings.TrimSpace(p.server.stderr.Text())
		p.server.stalled() // reads its last reply
		return p.blame(fmt.Sprintf("the program should end with exit status 0, and ended with %d: %s", code,
			cmp.Or(p.server.last.Error, text)), "")
	}
	return nil
}

// again starts the server once more, at the address that it had.
func (p *play) again(_ *Step, args []string) error {
	if len(args) > 0 || p.server == nil || p.server.cmd.ProcessState == nil {
		return usage("again, after exited")
	}
	old := p.server
	s, err := startServer(p.ctx, p.command(), p.dir, old.unordered, old.addr, p.reported)
	if s == nil {
		return err
	}
	p.before = append(p.before, old)
	p.server = s
	if err != nil {
		return &wrong{text: fmt.Sprintf("a second server could not be started at the address of the first, %s: %s", old.addr,
			strings.TrimSpace(s.stderr.Text()))}
	}
	return p.console()
}

// forget drops the servers that have exited, with what they leave.
func (p *play) forget() {
	for _, s := range p.before {
		p.result.Findings = append(p.result.Findings, s.stop().Findings...)
		p.result.Server = s.stderr.Text() + p.result.Server
		s.stdout.Close()
	}
	p.before = nil
}
