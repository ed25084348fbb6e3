package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// on makes a command of what a client does. form is how it is written, and so says how many words follow
// the client: as many as it has, or more if it ends with dots.
func on(form string, do func(p *play, step *Step, s *speaker, words []string) error) command {
	least, open := len(strings.Fields(form))-1, strings.HasSuffix(form, "...")
	return func(p *play, step *Step, args []string) error {
		if len(args) < least || len(args) > least && !open {
			return usage(form)
		}
		s := p.speakers[args[0]]
		if s == nil {
			return fmt.Errorf("%s is not connected", args[0])
		}
		step.Client = s.name
		return do(p, step, s, args[1:])
	}
}

func (p *play) say(step *Step, s *speaker, words []string) error {
	text, err := p.text(words)
	if err == nil {
		s.write([]byte(text + "\n"))
	}
	return err
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

// send sends a file, and with its end half-closes the connection.
func (p *play) send(step *Step, s *speaker, words []string) error {
	err := p.write(step, s, words)
	if err == nil {
		s.finish()
	}
	return err
}

func (p *play) write(step *Step, s *speaker, words []string) error {
	data, err := p.transcript.Files.Find(s.name + "/" + words[0])
	if err == nil {
		s.write(data)
	}
	return err
}

func (p *play) finishSending(step *Step, s *speaker, _ []string) error {
	s.finish()
	return nil
}

func (p *play) leave(step *Step, s *speaker, _ []string) error {
	s.Close()
	p.remove(s)
	return nil
}

// errNoClient is what makes no sense for an actor that is not a client.
var errNoClient = usage("reset CLIENT, one that the story has connected")

func (p *play) reset(step *Step, s *speaker, _ []string) error {
	err := s.reset()
	if err == nil {
		p.remove(s)
	}
	return err
}

func (p *play) awaitLine(step *Step, s *speaker, words []string) error {
	want, err := p.text(words)
	if err != nil {
		return err
	}
	for last := ""; ; {
		line, err := s.line(p, step)
		switch {
		case err != nil && last != "":
			return p.blame(fmt.Sprintf("%s waited for %q and got %q", s.name, want, last), last)
		case err != nil:
			return p.blame(fmt.Sprintf("%s waited for %q: %v", s.name, want, err), "")
		case line == want || strings.HasPrefix(line, want+" "):
			return nil
		}
		last = line
	}
}

func (p *play) hasEnded(step *Step, s *speaker, _ []string) error {
	line, err := s.line(p, step)
	switch {
	case err == nil:
		return p.blame(fmt.Sprintf("%s waited for %s and got %q", s.name, s.awaits(), line), line)
	case !errors.Is(err, errEnded):
		return p.blame(fmt.Sprintf("%s waited for %s: %v", s.name, s.awaits(), err), "")
	}
	return p.leave(step, s, nil)
}

func (p *play) nothing(step *Step, s *speaker, _ []string) error {
	if p.server == nil || !p.serving.Unordered {
		return usage("nothing CLIENT, after serve unordered")
	}
	if err := p.awaitIdle(step); err != nil {
		return err
	}
	if len(s.known) > 0 {
		return p.blame(fmt.Sprintf("%s should have to wait, and got %q", s.name, s.known[0]), s.known[0])
	}
	return nil
}

// closed waits for the end of a connection that the server has to close.
func (p *play) closed(step *Step, s *speaker) error {
	for {
		_, err := s.line(p, step)
		switch {
		case err == nil:
		case errors.Is(err, errEnded):
			s.Close()
			return nil
		default:
			return p.blame(s.stays(s.name), "")
		}
	}
}
