package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"

	"lockstep/harness/await"
	"lockstep/harness/host"
)

// verbs are the commands of a script by their first words. The package documentation says what they do.
var verbs = map[string]command{
	"serve":   (*play).serve,
	"connect": (*play).connect,
	"refused": (*play).refused,
	"await":   (*play).await,

	"run":    (*play).run,
	"down":   (*play).down,
	"signal": (*play).signal,
	"exited": (*play).exited,
	"again":  (*play).again,

	"say":     on("say CLIENT TEXT...", (*play).say),
	"send":    on("send CLIENT FILE", (*play).send),
	"write":   on("write CLIENT FILE", (*play).write),
	"finish":  on("finish CLIENT", (*play).finishSending),
	"leave":   on("leave CLIENT", (*play).leave),
	"reset":   on("reset CLIENT", (*play).reset),
	"ended":   on("ended CLIENT", (*play).hasEnded),
	"nothing": on("nothing CLIENT", (*play).nothing),
}

func (p *play) serve(_ *Step, args []string) error {
	unordered := slices.Equal(args, []string{"unordered"})
	if len(args) > 0 && !unordered || p.server != nil {
		return usage("serve [unordered], once")
	}
	p.serving = host.Config{Dir: p.dir, Unordered: unordered, OnReport: p.options.Reported}
	s, err := host.Start(p.ctx, p.command(), p.serving)
	if err != nil {
		return err
	}
	p.server = s
	return p.seat()
}

// again starts the server once more, at the address that it had.
func (p *play) again(_ *Step, args []string) error {
	if len(args) > 0 || p.server == nil || !p.exitedAlready() {
		return usage("again, after exited")
	}
	p.serving.Addr = p.server.Addr
	s, err := host.Start(p.ctx, p.command(), p.serving)
	silent, ok := errors.AsType[*host.ListenError](err)
	switch {
	case ok:
		s = silent.Process
		err = &wrong{text: fmt.Sprintf("a second server could not be started at the address of the first, %s: %s", p.serving.Addr,
			strings.TrimSpace(s.ExitState().Stderr))}
	case err != nil:
		return err
	}
	p.before = append(p.before, p.server)
	p.server = s
	if err != nil {
		return err
	}
	return p.seat()
}

func (p *play) exitedAlready() bool {
	select {
	case <-p.server.Ended():
		return true
	default:
		return false
	}
}

func (p *play) down(_ *Step, args []string) error {
	if len(args) > 0 || p.server == nil {
		return usage("down, after serve")
	}
	p.server.Stop()
	if !p.server.ExitState().Served {
		return errors.New("the server did not go down")
	}
	return nil
}

// signal sends one to the server's process.
func (p *play) signal(_ *Step, args []string) error {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	if len(args) != 1 || signals[args[0]] == nil || p.server == nil {
		return usage("signal INT, or signal TERM, after serve")
	}
	return p.server.Signal(signals[args[0]])
}

// exited waits for the server's process to end by itself, with status 0.
func (p *play) exited(_ *Step, args []string) error {
	if len(args) > 0 || p.server == nil || p.server.Console == "" {
		return usage("exited, after serve, in a lab whose server has a console")
	}
	_, err := await.Receive(await.Patience{Rests: p.server.Rests}, p.server.Ended())
	switch {
	case p.ctx.Err() != nil: // which has ended the server, too
		return p.ctx.Err()
	case err != nil:
		return p.blame("the program should end now, and nothing moves in it any more", "")
	}
	p.server.Stop() // reads its last reply
	if o := p.server.ExitState(); o.Status != 0 {
		return p.blame(fmt.Sprintf("the program should end with exit status 0, and ended with %d: %s", o.Status,
			cmp.Or(o.Error, strings.TrimSpace(o.Stderr))), "")
	}
	return nil
}

func (p *play) connect(step *Step, args []string) error {
	if len(args) != 1 || p.server == nil {
		return usage("connect CLIENT, after serve")
	}
	if err := p.makeWay(step, args[0]); err != nil {
		return err
	}
	c, err := dial(p.server.Addr)
	if err != nil {
		return p.blame(fmt.Sprintf("%s could not connect: %v", args[0], err), "")
	}
	p.enter(args[0], c)
	return nil
}

func (p *play) run(step *Step, args []string) error {
	if len(args) < 1 || p.server == nil || p.serving.Unordered || p.options.Program == nil {
		return usage("run CLIENT [ARG...], after serve, where students write the client")
	}
	if err := p.makeWay(step, args[0]); err != nil {
		return err
	}
	c, err := launch(p.options.Program, args[1:], p.server.Addr)
	if err != nil {
		return err
	}
	p.enter(args[0], c)
	return nil
}

// makeWay waits until whoever bears a name has ended, for the next of that name.
func (p *play) makeWay(step *Step, name string) error {
	step.Client = name
	if old := p.speakers[name]; old != nil {
		return p.closed(step, old)
	}
	return nil
}

func (p *play) refused(step *Step, args []string) error {
	if len(args) != 1 || p.server == nil {
		return usage("refused CLIENT, after serve")
	}
	step.Client = args[0]
	c, err := dial(p.server.Addr)
	if err != nil {
		return nil
	}
	c.Close()
	return p.blame(args[0]+" could connect, and should have been refused: the listener is still open", "")
}

func (p *play) await(step *Step, args []string) error {
	if !slices.Equal(args, []string{"server", "idle"}) {
		return on("await CLIENT TEXT...", (*play).awaitLine)(p, step, args)
	}
	if p.server == nil || !p.serving.Unordered {
		return usage("await server idle, after serve unordered")
	}
	return p.awaitIdle(step)
}

// awaitIdle is no assertion: a server that spins while a client waits is wasteful, not wrong, and
// the scenario goes on.
func (p *play) awaitIdle(step *Step) error {
	idle, replied, err := p.server.Settle(p.sent())
	if err != nil {
		return p.blame("the server ended in the middle of the story", "")
	}
	if !idle {
		p.transcript.Notes = append(p.transcript.Notes, "the server does not come to rest while clients wait: it spins or sleeps instead of waiting")
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.speakers)) {
		s := p.speakers[name]
		if err := s.look(p, step, replied[s.addr()]); err != nil {
			return p.blame(fmt.Sprintf("%s: %v", name, err), "")
		}
	}
	return nil
}

// sent is what all clients have sent.
func (p *play) sent() map[string]host.Sent {
	all := map[string]host.Sent{}
	for _, s := range p.speakers {
		if addr := s.addr(); addr != "" {
			all[addr] = host.Sent{Bytes: s.sent, Ended: s.ended}
		}
	}
	for _, addr := range p.gone {
		all[addr] = host.Sent{Ended: true} // how many bytes came before that is for the network to say
	}
	return all
}

// rests tells whether nothing moves any more, neither in the server nor in a program.
func (p *play) rests() bool { return p.server.Rests() && programRests() }

func usage(form string) error { return errors.New("usage: " + form) }
