package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"syscall"

	"lockstep/harness/player"
)

// Ended is that of a [player.Ender].
func (m *model) Ended(p *player.Play, result error) error {
	switch {
	case p.Down:
		return nil // see Over
	case m.first == nil:
		return player.Faultf("7.1", "Serve has returned %s, nobody has come, and its listener is open", m.outcome(result))
	}
	if err := m.first.echo(); err != nil {
		return err
	}
	m.judged = true
	return m.returned(result)
}

// Rest is that of a [player.Model].
func (m *model) Rest(p *player.Play) error {
	if m.first == nil {
		return nil
	}
	if m.first.Late() {
		m.open = p.Scene + 1
		return nil
	}
	if !p.Refuses() {
		return player.Faultf("1.1", "%s is in, and the listener is still open", m.first.Name)
	}
	if p.Early() {
		return player.Faultf("1.1", "the server has waited for the first byte of %s before it had closed its listener", m.first.Name)
	}
	if err := m.refused(); err != nil {
		return err
	}
	g := m.first
	if err := g.echo(); err != nil {
		return err
	}
	switch {
	case m.judged:
	case g.mustEnd():
		return player.Faultf("8.1", "%s, and Serve does not return\n%s", g.went(), p.Stuck())
	case g.How == "" && g.Closed():
		return player.Faultf("5.1", "the connection of %s was closed, and it may send more", g.Name)
	}
	g.rested = len(g.sent)
	if g.stuck = len(g.got)+g.Waiting() < len(g.sent); !g.stuck {
		g.whole = len(g.sent)
	}
	return nil
}

// refused judges those who came behind the first one.
func (m *model) refused() error {
	for _, c := range m.others {
		switch {
		case c.Born > max(m.first.Born, m.open):
			return player.Faultf("1.2", "%s could connect, although %s had come before", c.Name, m.first.Name)
		case len(c.In) > 0:
			return player.Faultf("1.2", "%s came behind %s, and got %s", c.Name, m.first.Name, quoted(string(c.In)))
		case c.How == "" && c.Reading && !errors.Is(c.End, syscall.ECONNRESET):
			return player.Faultf("1.2", "%s came behind %s, and was not refused: only one client is to be accepted", c.Name, m.first.Name)
		}
	}
	return nil
}

// echo judges what has come back.
func (g *guest) echo() error {
	g.got, g.In = append(g.got, g.In...), nil
	if !bytes.HasPrefix(g.sent, g.got) {
		at := 0
		for at < min(len(g.got), len(g.sent)) && g.got[at] == g.sent[at] {
			at++
		}
		if at == len(g.sent) {
			return player.Faultf("2.1", "%s sent %d bytes, and %d came back: those behind them begin with %s", g.Name, at, len(g.got), quoted(string(g.got[at:])))
		}
		return player.Faultf("2.1", "of what %s sent, %d bytes came back well; then it had sent %q, and got %q", g.Name, at, some(g.sent[at:]), some(g.got[at:]))
	}
	if !g.Reading || g.caught() || g.How != "" && g.How != "finish" || len(g.got) == len(g.sent) {
		return nil
	}
	rule := "3.1"
	if g.How == "finish" {
		rule = "2.1"
	}
	return player.Faultf(rule, "%s sent %d bytes, reads, and only %d of them came back", g.Name, len(g.sent), len(g.got))
}

// quoted is text as it can be shown.
func quoted(text string) string { return `"` + player.Short(text) + `"` }

func some(b []byte) []byte { return b[:min(len(b), 20)] }

// went says how the client has gone.
func (g *guest) went() string {
	return map[string]string{
		"":       g.Name + " is still there",
		"finish": g.Name + " has stopped sending",
		"leave":  g.Name + " has closed its connection",
		"reset":  "the connection of " + g.Name + " broke",
	}[g.How]
}

// returned judges what Serve returned, by how the client has gone.
func (m *model) returned(err error) error {
	g := m.first
	n, all := int(m.n), len(g.sent)
	fault := func(rule, format string, args ...any) error {
		return player.Faultf(rule, "%s, of %d bytes it has sent, and Serve returned %s: %s", g.went(), all, m.outcome(err), fmt.Sprintf(format, args...))
	}
	good := err == nil && n == all
	switch g.How {
	case "":
		return fault("5.1", "it may send more")
	case "finish":
		if !good {
			return fault("5.2", "it should be %d and nil", all)
		}
		return nil
	case "leave":
		if all == 0 || !g.stuck && all == g.rested { // it had all of it back
			if !good {
				return fault("5.2", "it had all of them back, so it should be %d and nil", all)
			}
			return nil
		}
		if good && !g.stuck {
			return nil // the server was faster
		}
	}
	switch {
	case err == nil && g.How == "leave" && g.stuck:
		return fault("6.1", "it has not got all of them back, and so a Write has failed")
	case err == nil:
		return fault("6.1", "there should be an error")
	case n < g.whole || n > all:
		return fault("6.2", "%d had come back before", g.whole)
	}
	return nil
}

func (m *model) outcome(err error) string {
	if err == nil {
		return fmt.Sprintf("%d and nil", m.n)
	}
	return fmt.Sprintf("%d and the error %q", m.n, err)
}

// Over is that of a [player.Model].
func (m *model) Over(p *player.Play, result error) error {
	g := m.first
	failed := p.Failed()
	switch {
	case g != nil && !(g.Born == m.down && m.nobody(result)):
	case failed != nil && !errors.Is(result, failed):
		return player.Faultf("7.2", "Accept failed with %q, and Serve returned %s", failed, m.outcome(result))
	case failed == nil && (result != nil || m.n != 0):
		return player.Faultf("7.1", "the listener was closed and nobody had come, and Serve returned %s: it should be 0 and nil", m.outcome(result))
	}
	if g == nil || g.Born == m.down && m.nobody(result) {
		return nil
	}
	if err := g.echo(); err != nil {
		return err
	}
	if g.How == "finish" && !errors.Is(g.End, io.EOF) {
		return player.Faultf("8.2", "Serve has returned, and %s has not seen the end of its connection", g.Name)
	}
	if !m.judged {
		return m.returned(result)
	}
	return nil
}

// nobody tells whether the first client may have come too late: the listener was closed before Accept had it.
func (m *model) nobody(result error) bool {
	return result == nil && m.n == 0 && len(m.first.got)+len(m.first.In) == 0 && (m.first.How == "leave" || m.first.How == "reset" || errors.Is(m.first.End, syscall.ECONNRESET))
}
