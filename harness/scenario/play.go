package scenario

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"lockstep/harness/host"
)

// A play is one script being played. It belongs to one goroutine.
type play struct {
	ctx        context.Context
	command    func() *exec.Cmd
	options    Options
	dir        string   // where the script's files are, and what the server stores; removed in the end
	lines      []string // of the script
	at         int      // how many of them are told
	server     *host.Process
	serving    host.Config     // how it was started
	before     []*host.Process // that have exited
	speakers   map[string]*speaker
	gone       []string          // addresses of clients that have left
	addrs      map[string]string // of each client's last connection, also after it
	transcript *Transcript
	trouble    error // ours, not the server's
}

// A wrong is a way in which the server did not do what the script says.
type wrong struct {
	text  string
	reply string
}

func (w *wrong) Error() string { return w.text }

// A command does what one line of a script says. An error is either a *wrong or trouble of ours.
type command func(p *play, step *Step, args []string) error

// commands is what testscript runs.
func (p *play) commands() (map[string]func(*testscript.TestScript, bool, []string), error) {
	verbs, err := p.options.Extra.verbs()
	if err != nil {
		return nil, err
	}
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, run := range verbs {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("! does not go with %s", name)
			}
			step := p.next(name)
			err := run(p, &step, args)
			step.Failed = err != nil
			p.tell(step)
			if w, ok := errors.AsType[*wrong](err); ok {
				p.transcript.Failure, p.transcript.Reply = w.text, w.reply
			} else if err != nil {
				p.trouble = fmt.Errorf("line %d, %s: %w", step.line, step.Text, err)
			}
			ts.Check(err)
		}
	}
	return cmds, nil
}

// next finds the line of the command that testscript runs now, and tells the comments before it.
func (p *play) next(name string) Step {
	for i := p.at; i < len(p.lines); i++ {
		line := strings.TrimSpace(p.lines[i])
		if word, _, _ := strings.Cut(line, " "); word == name {
			p.comments(i)
			p.at = i + 1
			text, _, _ := strings.Cut(line, " #")
			return Step{line: i + 1, Text: strings.TrimSpace(text), Kind: Command}
		}
	}
	return Step{line: p.at, Text: name, Kind: Command}
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
			if p.transcript.Title == "" {
				p.transcript.Title = text
			}
			p.tell(Step{line: p.at + 1, Text: text, Kind: Comment})
		}
	}
}

func (p *play) tell(s Step) {
	p.transcript.Steps = append(p.transcript.Steps, s)
}
