package model

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"

	"lockstep/harness/player"
)

// Rest is that of a [player.Model].
func (m *model) Rest(*player.Play) error {
	if err := m.order(); err != nil {
		return err
	}
	if err := m.judge(); err != nil {
		return err
	}
	return m.kept()
}

// order requires that nobody was served who came behind somebody who is still there.
func (m *model) order() error {
	var first *guest
	for _, g := range m.guests[m.turn:] {
		switch {
		case first == nil && !g.Closed():
			first = g
		case first != nil && len(g.In) > 0:
			return player.Faultf("3.2", "%s is still there, and %s, who came behind it, was served: it got %s", first.Name, g.Name, quoted(string(g.In)))
		case first != nil && g.Closed():
			return player.Faultf("3.2", "%s is still there, and the connection of %s, who came behind it, was closed", first.Name, g.Name)
		}
	}
	return nil
}

// Over is that of a [player.Model].
func (m *model) Over(*player.Play, error) error {
	m.returned = true
	if err := m.judge(); err != nil {
		return err
	}
	if files, _ := m.Kept(); files > m.files {
		return player.Faultf("1.4", "Serve has returned, and %d files are open that were not at the beginning", files-m.files)
	}
	return nil
}

// own is how many files or goroutines a server may have for a client.
const own = 8

// kept judges what stays behind requests.
func (m *model) kept() error {
	if m.turn < len(m.guests) && (m.guests[m.turn].frame || !m.guests[m.turn].hears()) {
		return nil
	}
	switch files, goroutines := m.Kept(); {
	case files > m.files+own:
		return player.Faultf("1.4", "no request is under way, and %d files are open that were not at the beginning", files-m.files)
	case goroutines > m.goroutines+own:
		return player.Faultf("1.4", "no request is under way, and there are %d goroutines more than at the beginning", goroutines-m.goroutines)
	}
	return nil
}

// judge judges what all have got, and what the folder holds.
func (m *model) judge() error {
	for i, g := range m.guests {
		g.got, g.In = append(g.got, g.In...), nil
		if i < m.turn { // it reads on behind the end
			if err := g.hear(); err != nil {
				return err
			}
		}
	}
	held, err := read(m.Dir)
	if err != nil {
		return err
	}
	if err = m.from(m.turn, m.base, held, true); err != nil {
		err = m.from(m.turn, m.base, held, false)
	}
	return err
}

// from judges those whose turn it was, one after the other. Who has broken off has had some of its requests done, nobody knows how many: it looks for numbers
// by which the others got what they should, and the folder is as it is. Unless strict, the file that is being stored may be anything.
func (m *model) from(turn int, base folder, held map[string]string, strict bool) (wrong error) {
	if turn == len(m.guests) {
		if wrong = m.looks(turn, base, "", false, held); wrong == nil {
			m.turn, m.base = turn, base
		}
		return wrong
	}
	g := m.guests[turn]
	before := *g
	defer func() {
		if wrong != nil {
			*g = before
		}
	}()
	g.came = base
	if wrong = g.hear(); wrong == nil {
		wrong = m.ends(g)
	}
	if wrong != nil {
		return wrong
	}
	least, most := m.bounds(g)
	for k := most; k >= least; k-- { // the natural one first, for the message
		var err error
		after := base.after(g.requests[:k])
		if g.over {
			err = m.from(turn+1, after, held, strict)
		} else {
			open := ""
			if g.frame && k == most && !strict {
				open = g.name
			}
			err = m.looks(turn, after, open, g.frame || g.caught() || g.answered < len(g.requests), held)
		}
		switch {
		case err == nil && g.over:
			return nil
		case err == nil:
			g.done, m.turn, m.base, wrong = k, turn, base, nil // and perhaps fewer
		case wrong == nil && k == most:
			wrong = err
		}
	}
	if wrong == nil {
		g.served, g.blocked = true, g.answered < len(g.requests)
	}
	return wrong
}

// ends judges whether the connection of g was closed in time.
func (m *model) ends(g *guest) error {
	if m.returned && !g.served && g.never(m.failed) {
		g.over, g.requests, g.frame = true, nil, false
		return nil
	}
	switch all := len(g.requests); {
	case m.returned && g.How == "finish" && !errors.Is(g.End, io.EOF):
		return player.Faultf("5.1", "%s was being served when the listener closed, and did not get to its end", g.Name)
	case g.hears() && g.answered < all:
		return player.Faultf("1.1", "%s has sent %s, and got no answer to that%s", g.Name, g.requests[g.answered], begun(g.got[g.heard:]))
	case g.Closed() && g.How == "" && !g.lost && !g.doubtful():
		return player.Faultf("1.2", "the connection of %s was closed, and the server knew where its next request would begin", g.Name)
	case !g.Closed() && g.mustEnd() && g.lost:
		return player.Faultf("1.2", "the server cannot know where the next request of %s begins, and its connection was not closed", g.Name)
	case !g.Closed() && g.mustEnd():
		return player.Faultf("4.1", "%s has gone, or has no more requests, and its connection is still open", g.Name)
	}
	g.over = g.Closed()
	return nil
}

// never tells whether it may be that nobody has accepted g.
func (g *guest) never(failed bool) bool {
	switch {
	case len(g.got) > 0 || errors.Is(g.End, io.EOF):
		return false
	case g.How == "finish":
		return failed || errors.Is(g.End, syscall.ECONNRESET)
	}
	return !g.Closed()
}

func begun(in []byte) string {
	if len(in) == 0 {
		return ""
	}
	return fmt.Sprintf(", or not all of it: %s", quoted(string(in)))
}

// bounds are how many of the requests of g have been done, at least and at most.
func (m *model) bounds(g *guest) (least, most int) {
	least, most = g.done, len(g.requests)
	switch {
	case g.caught() || g.How == "reset":
	case g.How == "leave" && g.over && !g.blocked && (g.served || !m.closing):
		least = min(most, least+1) // the first answer fails, and not what is in front of it
	case g.hears():
		least = most
	}
	return max(least, g.answered), most
}

// looks judges the folder when it is somebody's turn.
func (m *model) looks(turn int, want folder, open string, temporary bool, held map[string]string) error {
	name, wrong := want.differs(held, open, temporary)
	if wrong == "" {
		return nil
	}
	last := m.guests[:min(turn+1, len(m.guests))]
	if i := slices.IndexFunc(last, func(g *guest) bool { return g.frame && g.How != "" }); i >= 0 {
		return player.Faultf("2.2", "%s has broken off its PUT of %q, and %s", last[i].Name, last[i].name, wrong)
	}
	if strings.HasPrefix(name, ".") {
		return player.Faultf("2.2", "%s", wrong)
	}
	if _, ok := m.base.files[name]; ok {
		return player.Faultf("2.1", "%s", wrong)
	}
	return player.Faultf("1.3", "%s", wrong)
}
