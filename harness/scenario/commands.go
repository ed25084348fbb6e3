package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// verbs are the commands of a story by their first words. The package documentation says what they do.
var verbs = map[string]command{
	"serve":   (*play).serve,
	"connect": (*play).connect,
	"refused": (*play).refused,
	"await":   (*play).await,
	"log":     (*play).log,

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

func (p *play) serve(step *Step, args []string) error {
	unordered := slices.Equal(args, []string{"unordered"})
	if len(args) > 0 && !unordered || p.server != nil {
		return usage("serve [unordered], once")
	}
	s, err := startServer(p.ctx, p.command(), p.dir, unordered, "", p.reported)
	p.server = s
	if err != nil {
		return err
	}
	return p.console()
}

func (p *play) connect(step *Step, args []string) error {
	if len(args) != 1 || p.server == nil {
		return usage("connect CLIENT, after serve")
	}
	step.Client = args[0]
	if old := p.clients[args[0]]; old != nil {
		if err := p.closed(step, old); err != nil {
			return err
		}
	}
	c, err := dial(args[0], p.server.addr)
	if err != nil {
		return p.blame(fmt.Sprintf("%s could not connect: %v", args[0], err), "")
	}
	p.clients[args[0]] = c
	p.addrs[args[0]] = c.conn.LocalAddr().String()
	return nil
}

func (p *play) refused(step *Step, args []string) error {
	if len(args) != 1 || p.server == nil {
		return usage("refused CLIENT, after serve")
	}
	step.Client = args[0]
	c, err := dial(args[0], p.server.addr)
	if err != nil {
		return nil
	}
	c.conn.Close()
	return p.blame(args[0]+" could connect, and should have been refused: the listener is still open", "")
}

func (p *play) await(step *Step, args []string) error {
	if !slices.Equal(args, []string{"server", "idle"}) {
		return on("await CLIENT TEXT...", (*play).awaitLine)(p, step, args)
	}
	if p.server == nil || !p.server.unordered {
		return usage("await server idle, after serve unordered")
	}
	return p.awaitIdle(step)
}

// awaitIdle is no assertion: a server that spins while a client waits is wasteful, not wrong, and
// the story goes on.
func (p *play) awaitIdle(step *Step) error {
	answer, err := p.server.ask(request{Do: "idle", Sent: p.sent()})
	if err != nil {
		return p.blame("the server ended in the middle of the story", "")
	}
	if !answer.Idle {
		p.result.Notes = append(p.result.Notes, "the server does not come to rest while clients wait: it spins or sleeps instead of waiting")
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.clients)) {
		c := p.clients[name]
		if err := c.look(p, step, answer.Replied[c.conn.LocalAddr().String()]); err != nil {
			return p.blame(fmt.Sprintf("%s: %v", name, err), "")
		}
	}
	return nil
}

func (p *play) sent() map[string]sent {
	all := map[string]sent{}
	for _, c := range p.clients {
		if _, ok := c.conn.(operator); ok {
			continue // who types is no client
		}
		all[c.conn.LocalAddr().String()] = sent{Bytes: c.sent, Ended: c.ended}
	}
	for _, addr := range p.gone {
		all[addr] = sent{Ended: true} // how many bytes came before that is for the network to say
	}
	return all
}

func (p *play) log(step *Step, args []string) error {
	if len(args) < 2 || args[0] != "is" && args[0] != "holds" {
		return usage("log is CLIENT/FILE..., or log holds CLIENT/FILE...")
	}
	got, err := os.ReadFile(p.logFile())
	if errors.Is(err, os.ErrNotExist) {
		return p.blame("nothing was stored: the log does not exist", "")
	}
	if err != nil {
		return err
	}
	var want [][]byte
	for _, name := range args[1:] {
		data, err := p.file(name)
		if err != nil {
			return err
		}
		want = append(want, data)
	}
	ok := bytes.Equal(got, bytes.Join(want, nil))
	if args[0] == "holds" {
		ok = anyOrder(got, want)
	}
	if !ok {
		return p.blame(fmt.Sprintf("the log should hold %s%s, and holds\n%s",
			strings.Join(args[1:], ", "), map[string]string{"is": " in this order", "holds": ", each whole"}[args[0]], indent(string(got))), "")
	}
	return nil
}

// anyOrder tells whether got is the parts in some order.
func anyOrder(got []byte, parts [][]byte) bool {
	if len(parts) == 0 {
		return len(got) == 0
	}
	for i, part := range parts {
		if rest, ok := bytes.CutPrefix(got, part); ok && anyOrder(rest, slices.Delete(slices.Clone(parts), i, i+1)) {
			return true
		}
	}
	return false
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
