package scenario

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
)

// on makes a command of what a client does. form is how it is written, and so says how many words follow
// the client: as many as it has, or more if it ends with dots.
func on(form string, do func(p *play, step *Step, c *client, words []string) error) command {
	least, open := len(strings.Fields(form))-1, strings.HasSuffix(form, "...")
	return func(p *play, step *Step, args []string) error {
		if len(args) < least || len(args) > least && !open {
			return usage(form)
		}
		c := p.clients[args[0]]
		if c == nil {
			return fmt.Errorf("%s is not connected", args[0])
		}
		step.Client = c.name
		return do(p, step, c, args[1:])
	}
}

func (p *play) say(step *Step, c *client, words []string) error {
	text, err := p.text(words)
	if err == nil {
		c.write([]byte(text + "\n"))
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
func (p *play) send(step *Step, c *client, words []string) error {
	err := p.write(step, c, words)
	if err == nil {
		c.finish()
	}
	return err
}

func (p *play) write(step *Step, c *client, words []string) error {
	data, err := p.file(c.name + "/" + words[0])
	if err == nil {
		c.write(data)
	}
	return err
}

func (p *play) finishSending(step *Step, c *client, _ []string) error {
	c.finish()
	return nil
}

func (p *play) leave(step *Step, c *client, _ []string) error {
	c.conn.Close()
	p.remove(c)
	return nil
}

func (p *play) reset(step *Step, c *client, _ []string) error {
	tcp, ok := c.conn.(*net.TCPConn)
	if !ok {
		return usage("reset CLIENT, one that the story has connected")
	}
	tcp.SetLinger(0)
	tcp.Close()
	p.remove(c)
	return nil
}

func (p *play) remove(c *client) {
	p.gone = append(p.gone, c.conn.LocalAddr().String())
	delete(p.clients, c.name)
}

func (p *play) awaitLine(step *Step, c *client, words []string) error {
	want, err := p.text(words)
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

func (p *play) hasEnded(step *Step, c *client, _ []string) error {
	line, err := c.line(p, step)
	switch {
	case err == nil:
		return p.blame(fmt.Sprintf("%s waited for %s and got %q", c.name, c.end(), line), line)
	case !errors.Is(err, errEnded):
		return p.blame(fmt.Sprintf("%s waited for %s: %v", c.name, c.end(), err), "")
	}
	return p.leave(step, c, nil)
}

func (p *play) nothing(step *Step, c *client, _ []string) error {
	if p.server == nil || !p.server.unordered {
		return usage("nothing CLIENT, after serve unordered")
	}
	if err := p.awaitIdle(step); err != nil {
		return err
	}
	if len(c.known) > 0 {
		return p.blame(fmt.Sprintf("%s should have to wait, and got %q", c.name, c.known[0]), c.known[0])
	}
	return nil
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
