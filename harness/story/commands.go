package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	before  []*server // that have exited
	clients map[string]*client
	gone    []string // addresses of clients that have left
	program Program
	addrs   map[string]string // of each client's last connection, also after it
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
		"run":     p.run,
		"down":    p.down,
		"signal":  p.signal,
		"exited":  p.exited,
		"again":   p.again,
		"say":     p.say,
		"send":    p.send,
		"write":   p.write,
		"finish":  p.finishSending,
		"leave":   p.leave,
		"reset":   p.reset,
		"refused": p.refused,
		"ended":   p.hasEnded,
		"nothing": p.nothing,
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
	s, err := startServer(p.ctx, p.command(), p.dir, unordered, "")
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
	text, err := p.text(args[1:])
	if err != nil {
		return err
	}
	c.write([]byte(text + "\n"))
	return nil
}

var addressOf = regexp.MustCompile(`\{\w+\}`)

// text is a TEXT with the clients' addresses in it.
func (p *play) text(words []string) (string, error) {
	text, unknown := strings.Join(words, " "), ""
	text = addressOf.ReplaceAllStringFunc(text, func(name string) string {
		addr, ok := p.addrs[strings.Trim(name, "{}")]
		if !ok {
			unknown = name
		}
		return addr
	})
	if unknown != "" {
		return "", fmt.Errorf("%s stands for the address of a client, and none of that name has been connected", unknown)
	}
	return text, nil
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

func (p *play) write(step *Step, args []string) error {
	if len(args) != 2 {
		return usage("write CLIENT FILE")
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
	return nil
}

func (p *play) finishSending(step *Step, args []string) error {
	if len(args) != 1 {
		return usage("finish CLIENT")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	c.finish()
	return nil
}

func (p *play) leave(step *Step, args []string) error {
	if len(args) != 1 {
		return usage("leave CLIENT")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	c.conn.Close()
	p.gone = append(p.gone, c.conn.LocalAddr().String())
	delete(p.clients, c.name)
	return nil
}

func (p *play) reset(step *Step, args []string) error {
	if len(args) != 1 {
		return usage("reset CLIENT")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	tcp, ok := c.conn.(*net.TCPConn)
	if !ok {
		return usage("reset CLIENT, one that the story has connected")
	}
	tcp.SetLinger(0)
	p.gone = append(p.gone, tcp.LocalAddr().String())
	tcp.Close()
	delete(p.clients, c.name)
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

func (p *play) hasEnded(step *Step, args []string) error {
	if len(args) != 1 {
		return usage("ended CLIENT")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	line, err := c.line(p, step)
	switch {
	case err == nil:
		return p.blame(fmt.Sprintf("%s waited for %s and got %q", c.name, c.end(), line), line)
	case !errors.Is(err, errEnded):
		return p.blame(fmt.Sprintf("%s waited for %s: %v", c.name, c.end(), err), "")
	}
	c.conn.Close()
	p.gone = append(p.gone, c.conn.LocalAddr().String())
	delete(p.clients, c.name)
	return nil
}

func (p *play) nothing(step *Step, args []string) error {
	if len(args) != 1 || p.server == nil || !p.server.unordered {
		return usage("nothing CLIENT, after serve unordered")
	}
	c, err := p.client(step, args)
	if err != nil {
		return err
	}
	if err := p.awaitIdle(step); err != nil {
		return err
	}
	if len(c.known) > 0 {
		return p.blame(fmt.Sprintf("%s should have to wait, and got %q", c.name, c.known[0]), c.known[0])
	}
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
	want, err := p.text(args[1:])
	if err != nil {
		return err
	}
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
			text := "%s has its answer, but the server did not close the connection"
			if _, ok := c.conn.(*console); ok {
				text = "the input of %s has ended, and Run has not returned"
			}
			return p.blame(fmt.Sprintf(text, c.name), "")
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

func (p *play) logFile() string { return filepath.Join(p.dir, "all_received") }

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
