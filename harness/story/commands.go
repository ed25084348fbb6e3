package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// A play is one story being played. It belongs to one goroutine.
type play struct {
	ctx     context.Context
	command func() *exec.Cmd
	work    string   // removed in the end
	dir     string   // where the script's files and the server's log are
	lines   []string // of the script
	at      int      // how many of them are told
	server  *server
	clients map[string]*client
	result  *Result
	trouble error // ours, not the server's
}

// A wrong is a way in which the server did not do what the story says.
type wrong struct {
	text  string
	reply string
}

func (w *wrong) Error() string { return w.text }

func (p *play) commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(step *Step, args []string) error{
		"serve":   p.serve,
		"connect": p.connect,
		"say":     p.say,
		"send":    p.send,
		"await":   p.await,
		"log":     p.log,
	}
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, run := range all {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("! does not go with %s", name)
			}
			step := p.next(name)
			err := run(&step, args)
			step.Failed = err != nil
			p.tell(step)
			if w, ok := errors.AsType[*wrong](err); ok {
				p.result.Failure, p.result.Reply = w.text, w.reply
			} else if err != nil {
				p.trouble = fmt.Errorf("line %d, %s: %w", step.Line, step.Text, err)
			}
			ts.Check(err)
		}
	}
	return cmds
}

// next finds the line of the command that testscript runs now, and tells the comments before it.
func (p *play) next(name string) Step {
	for i := p.at; i < len(p.lines); i++ {
		line := strings.TrimSpace(p.lines[i])
		if word, _, _ := strings.Cut(line, " "); word == name {
			p.comments(i)
			p.at = i + 1
			text, _, _ := strings.Cut(line, " #")
			return Step{Line: i + 1, Text: strings.TrimSpace(text), Kind: Command}
		}
	}
	return Step{Line: p.at, Text: name, Kind: Command}
}

// comments tells the comments up to line number end.
func (p *play) comments(end int) {
	for ; p.at < end; p.at++ {
		line := strings.TrimSpace(p.lines[p.at])
		if strings.HasPrefix(line, "-- ") {
			p.at = len(p.lines)
			return
		}
		if text, ok := strings.CutPrefix(line, "#"); ok && text != "" {
			text = strings.TrimSpace(text)
			if p.result.Title == "" {
				p.result.Title = text
			}
			p.tell(Step{Line: p.at + 1, Text: text, Kind: Comment})
		}
	}
}

func (p *play) tell(s Step) {
	p.result.Steps = append(p.result.Steps, s)
}

func usage(form string) error { return errors.New("usage: " + form) }

func (p *play) serve(step *Step, args []string) error {
	unordered := slices.Equal(args, []string{"unordered"})
	if len(args) > 0 && !unordered || p.server != nil {
		return usage("serve [unordered], once")
	}
	s, err := startServer(p.ctx, p.command(), p.dir, unordered)
	p.server = s
	return err
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
	return nil
}

func (p *play) client(step *Step, args []string) (*client, error) {
	c := p.clients[args[0]]
	if c == nil {
		return nil, fmt.Errorf("%s is not connected", args[0])
	}
	step.Client = args[0]
	return c, nil
}

func (p *play) say(step *Step, args []string) error {
	if len(args) < 2 {
		return usage("say CLIENT TEXT...")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	c.write([]byte(strings.Join(args[1:], " ") + "\n"))
	return nil
}

func (p *play) send(step *Step, args []string) error {
	if len(args) != 2 {
		return usage("send CLIENT FILE")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	data, err := p.file(args[0] + "/" + args[1])
	if err != nil {
		return err
	}
	c.write(data)
	c.finish()
	return nil
}

func (p *play) file(name string) ([]byte, error) {
	for _, f := range p.result.Files {
		if f.Client+"/"+f.Name == name {
			return f.Data, nil
		}
	}
	return nil, fmt.Errorf("the story has no file %s", name)
}

func (p *play) await(step *Step, args []string) error {
	switch {
	case slices.Equal(args, []string{"server", "idle"}):
		if p.server == nil || !p.server.unordered {
			return usage("await server idle, after serve unordered")
		}
		return p.awaitIdle(step)
	case len(args) < 2:
		return usage("await CLIENT TEXT...")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	want := strings.Join(args[1:], " ")
	for last := ""; ; {
		line, err := c.line(p, step)
		switch {
		case err != nil && last != "":
			return p.blame(fmt.Sprintf("%s waited for %q and got %q", c.name, want, last), last)
		case err != nil:
			return p.blame(fmt.Sprintf("%s waited for %q: %v", c.name, want, err), "")
		case line == want || strings.HasPrefix(line, want+" "):
			return nil
		}
		last = line
	}
}

// closed waits for the end of a connection that the server has to close.
func (p *play) closed(step *Step, c *client) error {
	for {
		_, err := c.line(p, step)
		switch {
		case err == nil:
		case errors.Is(err, errEnded):
			c.conn.Close()
			return nil
		default:
			return p.blame(fmt.Sprintf("%s has its answer, but the server did not close the connection", c.name), "")
		}
	}
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
		all[c.conn.LocalAddr().String()] = sent{Bytes: c.sent, Ended: c.ended}
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

func (p *play) logFile() string { return filepath.Join(p.dir, "all_received") }

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
