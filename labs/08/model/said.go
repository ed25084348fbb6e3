package model

import (
	"bytes"
	"fmt"
	"strings"

	"lockstep/harness/player"
)

const maxLine = 4096

// A guest is a client, with what the model knows of it.
type guest struct {
	*player.Client
	id   int
	late bool // it has connected although the server had been shut down

	// what it said
	lines   []line
	part    []byte
	tooLong bool
	rested  int  // how many of lines were there when all had come to rest, not held
	sure    int  // how many of them were surely dealt with
	begun   int  // how many of them the server had surely read, before it was told to end
	wasIn   bool // it was in when all had come to rest
	fading  int  // the scene in which it left
	goneIn  int  // the scene in which its connection was closed
	stalled bool // it surely kept the server from ending, at the last rest
	deaf    bool // and does still

	// what it got
	got     int // bytes that were judged
	greeted bool
	bye     bool
	err     bool
	echoed  int
	base    map[*guest]int   // of each other: so many broadcasts were over when this one came
	next    map[*guest][]int // of each other: which broadcast may be the next one
}

// A line is one that a client said.
type line struct {
	text      string
	broadcast bool // and text is what stands behind the command
}

func parse(text string) line {
	if t, ok := strings.CutPrefix(text, "BROADCAST "); ok {
		return line{t, true}
	}
	return line{text, false}
}

func (g *guest) say(data []byte) {
	for _, b := range data {
		switch {
		case g.tooLong:
			return
		case b == '\n':
			text := strings.TrimSuffix(string(g.part), "\r")
			g.part = nil
			if g.tooLong = len(text) > maxLine; !g.tooLong {
				g.lines = append(g.lines, parse(text))
			}
		default:
			g.part = append(g.part, b)
			g.tooLong = len(g.part) > maxLine+1
		}
	}
}

// echoes are the answers to the first n lines.
func (g *guest) echoes(n int) (all []string) { return g.pick(n, false) }

// broadcasts are those of the first n lines.
func (g *guest) broadcasts(n int) (all []string) { return g.pick(n, true) }

func (g *guest) pick(n int, broadcast bool) (all []string) {
	for _, l := range g.lines[:n] {
		if l.broadcast == broadcast {
			all = append(all, l.text)
		}
	}
	return all
}

// tail tells whether a server may take text for a last line of g, who has left: what had no ending, or what had come of it when the connection broke.
func (g *guest) tail(text string, broadcast bool) bool {
	if g.How == "" || g.tooLong || len(g.part) == 0 {
		return false
	}
	whole := bytes.TrimSuffix(g.part, []byte("\r"))
	for _, p := range [][]byte{g.part, whole} {
		if l := parse(string(p)); l.broadcast == broadcast && (l.text == text || g.How == "reset" && strings.HasPrefix(l.text, text)) {
			return true
		}
	}
	return false
}

// caught tells whether the server's Read has something of g, and is held.
func (g *guest) caught() bool { return g.Held() && g.Caught }

// most is how many bytes may come for g, at most.
func (m *model) most(g *guest) int {
	n := len(fmt.Sprintf("> You are client %d\n", g.id)) + len(goodbye) + len("ERR line too long\n") + 1
	for _, t := range g.echoes(len(g.lines)) {
		n += len("Echo: \n") + len(t)
	}
	for _, o := range m.guests {
		if o != g {
			for _, t := range o.broadcasts(len(o.lines))[g.base[o]:] {
				n += len("[99] \n") + len(t)
			}
			n += len(o.part)
		}
	}
	return n + len(g.part)
}

// blocks tells whether a Write to g may wait.
func (m *model) blocks(g *guest) bool {
	if g.How == "leave" || g.How == "reset" || g.Closed() || !m.inside(g) {
		return false
	}
	return g.Gripped || g.Small && !g.Reading && m.most(g)-g.got-len(g.In) > player.Small
}

// stalls tells whether a Write of g's answer surely waits.
func (m *model) stalls(g *guest) bool {
	if !g.Small || g.Reading || g.How != "" || g.Closed() || !m.inside(g) || g.caught() || g.Gripped {
		return false
	}
	if m.stop != 0 {
		return g.stalled && !m.forced
	}
	n := len("> You are client 1\n") - g.got - len(g.In)
	for _, t := range g.echoes(max(g.begun, g.sure)) {
		n += len("Echo: \n") + len(t)
	}
	return n > player.Small
}

// stuck tells whether the server may have to wait before it goes on with g: for g, for somebody to whom it broadcasts, or because its Read is held.
func (m *model) stuck(g *guest) bool {
	if g.caught() || m.blocks(g) {
		return true
	}
	for _, l := range g.lines[g.sure:] {
		if l.broadcast && m.othersBlock(g) {
			return true
		}
	}
	return m.tailMayBroadcast(g) && m.othersBlock(g)
}

func (m *model) tailMayBroadcast(g *guest) bool {
	return g.How != "" && bytes.HasPrefix(g.part, []byte("BROADCAST "))
}

func (m *model) othersBlock(g *guest) bool {
	for _, o := range m.guests {
		if o != g && m.blocks(o) {
			return true
		}
	}
	return false
}

// deal takes note of how much of what was said is surely dealt with, now that all have come to rest.
func (m *model) deal() {
	for _, g := range m.guests {
		if g.How != "" && g.fading == 0 {
			g.fading = m.scene
		}
	}
	if m.stop != 0 {
		return
	}
	for _, g := range m.guests {
		limit := len(g.lines)
		switch {
		case !m.inside(g) || g.How == "reset" || g.How == "leave" && (g.fading != m.scene || m.fragile(g)):
			limit = g.sure
		case g.caught():
			limit = g.rested
		}
		for ; g.sure < limit; g.sure++ {
			if m.blocks(g) || g.lines[g.sure].broadcast && m.othersBlock(g) {
				break
			}
		}
		g.begun = g.sure
		if g.sure < limit && !g.lines[g.sure].broadcast && !g.Gripped {
			g.begun++
		}
	}
}

// fragile tells whether a Write to g, who has left, may have failed: then a server may do without what else it said.
func (m *model) fragile(g *guest) bool {
	if !g.wasIn || g.Gripped || len(g.echoes(len(g.lines))) > len(g.echoes(g.sure)) {
		return true
	}
	for _, o := range m.guests {
		if o != g && (o.Wrote == m.scene || o.sure < len(o.lines)) {
			return true
		}
	}
	return false
}
