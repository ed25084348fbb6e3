package model

import (
	"bytes"
	"errors"

	"lockstep/harness/player"
	"lockstep/labs/06/terminal"
)

const (
	you     = "[You] "
	isAway  = "is away"
	message = "server is down, join later once it is up"
)

// A place is how much of what there was to print has been printed.
type place struct {
	typed, said int
	told        bool // that the server is down
}

// screen judges what was printed: both sources' lines, each in its order, in any order of both.
func (s *stage) screen(k *known) error {
	var all []byte
	for _, c := range k.calls {
		if c.Kind != terminal.Prints {
			continue
		}
		if !bytes.HasSuffix(c.Data, []byte("\n")) {
			return player.Faultf("5.2", "one call of out.Write had %q, which is no whole line", player.Short(string(c.Data)))
		}
		all = append(all, c.Data...)
	}
	if s.session.Overlapped() {
		return player.Faultf("5.1", "out.Write was called while another call of it was still under way")
	}
	places := map[place]bool{{}: true}
	for shown := range bytes.Lines(all) {
		text := string(shown[:len(shown)-1])
		next := map[place]bool{}
		for p := range places {
			k.print(p, text, next)
		}
		if len(next) == 0 {
			return k.unexplained(places, text)
		}
		places = next
	}
	for p := range places {
		if s.complete(k, p) == nil {
			return nil
		}
	}
	var err error
	best := place{typed: -1}
	for p := range places { // the same one each time
		if best.typed < 0 || p.typed > best.typed {
			best, err = p, s.complete(k, p)
		}
	}
	return err
}

// print adds the places to which a line on the screen leads.
func (k *known) print(p place, text string, next map[place]bool) {
	typed, isTyped := bytes.CutPrefix([]byte(text), []byte(you))
	add := func(p place) { next[p] = true }
	if isTyped && has(k.typed, k.typedTail, p.typed, string(typed)) {
		add(place{p.typed + 1, p.said, p.told})
	}
	if !p.told && has(k.said, k.saidTail, p.said, text) {
		add(place{p.typed, p.said + 1, p.told})
	}
	if !p.told && text == message && k.down() != never {
		add(place{p.typed, p.said, true})
	}
}

// has tells whether text is line i, or what may stand behind the last one.
func has(lines []line, tail []string, i int, text string) bool {
	if i < len(lines) {
		return lines[i].text == text
	}
	for _, t := range tail {
		if i == len(lines) && t == text {
			return true
		}
	}
	return false
}

// unexplained says what is wrong with a line that no place leads to.
func (k *known) unexplained(places map[place]bool, text string) error {
	at := place{}
	for p := range places {
		if p.typed > at.typed || p.typed == at.typed && p.said > at.said {
			at = p
		}
	}
	switch {
	case text == isAway || text == you+isAway:
		return player.Faultf("6.4", "%q was printed, and nobody has typed it", text)
	case text == message && at.told:
		return player.Faultf("8.1", "that the server is down was printed twice")
	case text == message:
		return player.Faultf("10.2", "%q was printed, and the server is not down", text)
	case bytes.HasPrefix([]byte(text), []byte(you)):
		if at.typed < len(k.typed) {
			return player.Faultf("2.1", "the screen shows %q, and the line that was typed is %q", player.Short(text), player.Short(k.typed[at.typed].text))
		}
		return player.Faultf("2.1", "the screen shows %q, which nobody has typed", player.Short(text))
	case at.told:
		return player.Faultf("8.1", "%q was printed behind the line which says that the server is down", player.Short(text))
	case at.said < len(k.said):
		return player.Faultf("3.1", "the screen shows %q, where the server had said %q", player.Short(text), player.Short(k.said[at.said].text))
	}
	return player.Faultf("3.2", "the screen shows %q, which nobody has said", player.Short(text))
}

// complete says what is missing on a screen that shows so much.
func (s *stage) complete(k *known, p place) error {
	only := func(end func() bool) bool { return end() && !k.several() }
	var typed, said bool // whether all must be there
	switch {
	case !s.back && k.end() == never:
		typed, said = !k.jammed, !k.jammed
	case !s.back:
	case s.result == nil:
		typed = only(func() bool { return k.typedEnd != never }) && !s.gaveUp(k)
	case errors.Is(s.result, s.lab.Down):
		if said = only(func() bool { return k.saidEnd != never }); !p.told {
			return player.Faultf("8.1", "Run has returned ErrServerDown, and %q was not printed", message)
		}
	}
	switch {
	case said && p.said < len(k.said) && s.back:
		return player.Faultf("8.1", "the server said %q before it was down, and that was not printed", player.Short(k.said[p.said].text))
	case said && p.said < len(k.said):
		return player.Faultf("3.1", "the server said %q, and that was not printed\n%s", player.Short(k.said[p.said].text), s.Stuck())
	case typed && p.typed < len(k.typed):
		return player.Faultf("2.1", "the user typed %q, and that was not printed%s", player.Short(k.typed[p.typed].text), s.why())
	}
	return nil
}

// several tells whether more than one end has come: then either counts.
func (k *known) several() bool {
	n := 0
	for _, end := range []bool{k.typedEnd != never, k.saidEnd != never, k.writeEnd != never, k.ctxDone != never} {
		if end {
			n++
		}
	}
	return n > 1
}
