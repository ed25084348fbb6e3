package player

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"lockstep/harness/labtest"
)

// Got is what the clients got, for a message.
func (p *Play) Got() string {
	var b strings.Builder
	for _, c := range p.Clients {
		p.got(&b, c)
	}
	return b.String()
}

// mostLines is how many lines of one client a message shows.
const mostLines = 12

func (p *Play) got(b *strings.Builder, c *Client) {
	lines := strings.SplitAfter(string(c.shown), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	name := p.name(c)
	if len(lines) == 0 && c.End == nil {
		fmt.Fprintf(b, "    %-8s | (nothing)\n", name)
	}
	if n := len(lines) - mostLines; n > 0 {
		fmt.Fprintf(b, "    %-8s | (%d lines before)\n", name, n)
		lines = lines[n:]
	}
	for _, line := range lines {
		text, whole := strings.CutSuffix(line, "\n")
		note := ""
		if !whole {
			note = "   (without an ending)"
		}
		fmt.Fprintf(b, "    %-8s | %s%s\n", name, p.named(Short(text)), note)
	}
	switch {
	case c.End == nil:
	case errors.Is(c.End, io.EOF):
		fmt.Fprintf(b, "    %-8s | (the connection was closed)\n", name)
	default:
		fmt.Fprintf(b, "    %-8s | (the connection broke)\n", name)
	}
}

// Short is text that a server sent, cut so that it fits into a message. What cannot be printed is quoted.
func Short(text string) string {
	q := fmt.Sprintf("%q", text)
	if q = q[1 : len(q)-1]; len(q) > 100 {
		return fmt.Sprintf("%.40s ... %s (%d bytes)", q, q[len(q)-20:], len(text))
	}
	return q
}

// Apart is [labtest.Apart], for models.
func Apart(a, b string) (string, string) { return labtest.Apart(a, b) }

// name is a client's, with a number if others had it before.
func (p *Play) name(c *Client) string {
	n := 1
	for _, o := range p.Clients {
		if o == c {
			break
		}
		if o.Name == c.Name {
			n++
		}
	}
	if n > 1 {
		return fmt.Sprintf("%s(%d)", c.Name, n)
	}
	return c.Name
}

// named puts names, in braces, for addresses.
func (p *Play) named(text string) string {
	for i := len(p.Clients) - 1; i >= 0; i-- {
		c := p.Clients[i]
		text = strings.ReplaceAll(text, c.Addr, "{"+p.name(c)+"}")
	}
	return text
}
