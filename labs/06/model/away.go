package model

import (
	"bytes"
	"time"

	"lockstep/harness/player"
	"lockstep/labs/06/terminal"
)

// A word is one that the client has sent by itself.
type word struct {
	at     time.Duration
	waited bool // its Write did, and others may have overtaken it
	behind int  // so many typed lines; < 0 if the server has not got it
}

// words are all "is away" that the client has sent or has tried to send.
func (s *stage) words(k *known) (all []word) {
	var text []byte
	var one word
	for _, c := range k.calls {
		if c.Kind != terminal.Sends {
			continue
		}
		for _, b := range c.Data {
			if len(text) == 0 {
				one = word{c.Began, c.Outcome == terminal.Waits || c.Ended > c.Began+slack, -1}
			}
			if text = append(text, b); b == '\n' {
				if string(text) == isAway+"\n" {
					all = append(all, one)
				}
				text = nil
			}
		}
	}
	n, lines := 0, 0
	for l := range bytes.Lines(s.got) {
		switch {
		case string(l) != isAway+"\n":
			lines++
		case n < len(all):
			all[n].behind = lines
			n++
		}
	}
	return all
}

// A silence is the time behind a typed line, or behind the start. The first and the last moment at which the word may be sent that ends it are the
// same, but for the slack, unless a Write held something up.
type silence struct {
	from, to time.Duration
	broken   time.Duration // when the next line came
	handled  time.Duration // and when the client had done with it at the latest
}

func (s *stage) silences(k *known) (all []silence) {
	after := s.after()
	times := []time.Duration{0}
	for _, l := range k.typed {
		times = append(times, l.at)
	}
	for i, at := range times {
		last := k.settles(at)
		if last != never {
			last = k.settles(last + after)
		}
		one := silence{at + after, last, never, never}
		if i+1 < len(times) {
			one.broken, one.handled = times[i+1], k.settles(times[i+1])
		}
		all = append(all, one)
	}
	return all
}

func (s *stage) after() time.Duration {
	if s.setting.away == 0 {
		return 10 * time.Second
	}
	return s.setting.away
}

// away judges when the server was told that the user is away.
func (s *stage) away(k *known) error {
	words := s.words(k)
	if s.setting.away < 0 {
		if len(words) > 0 {
			return player.Faultf("6.5", "AwayAfter is negative, and %q was sent %v after the start", isAway, words[0].at)
		}
		return nil
	}
	silences := s.silences(k)
	said := make([]bool, len(silences))
	next := 0
	for _, w := range words {
		i := next
		for i < len(silences) && !silences[i].ends(w, i) {
			i++
		}
		if i == len(silences) {
			return s.unfit(k, silences, next, w)
		}
		said[i], next = true, i+1
	}
	for i, one := range silences {
		if said[i] || one.to == never || one.to >= k.end() {
			continue
		}
		if one.broken > one.to && k.now >= one.to {
			return player.Faultf("6.1", "nothing was typed for %v, and %q was not sent %v after the start", s.after(), isAway, one.to)
		}
	}
	return nil
}

// ends tells whether a word can be the one that ends silence number i.
func (one silence) ends(w word, i int) bool {
	return one.from <= w.at && w.at <= one.to && one.handled >= one.from && w.at <= one.handled && (w.waited || w.behind < 0 || w.behind >= i)
}

// unfit says what is wrong with a word that ends no silence.
func (s *stage) unfit(k *known, silences []silence, next int, w word) error {
	last := 0
	for i, one := range silences {
		if one.from-s.after() <= w.at {
			last = i
		}
	}
	one := silences[last]
	since := "the start"
	if last > 0 {
		since = "the last line was typed"
	}
	switch {
	case last < next:
		return player.Faultf("6.3", "%q was sent again %v after the start, and nothing was typed in between", isAway, w.at)
	case w.at < one.from:
		return player.Faultf("6.2", "%q was sent %v after the start, which is only %v after %s: it should come after %v", isAway, w.at, w.at-one.from+s.after(), since, s.after())
	case w.at > one.to:
		return player.Faultf("6.1", "%q was sent %v after the start, which is %v after %s: it should come after exactly %v", isAway, w.at, w.at-one.from+s.after(), since, s.after())
	}
	return player.Faultf("6.1", "%q was sent %v after the start, in the wrong place among the lines that were typed", isAway, w.at)
}

func since(c terminal.Call) string { return stamp(c.Began) }

// stamp is a time in a message, where time is the story's.
func stamp(d time.Duration) string {
	if !exact() {
		return ""
	}
	return d.Round(time.Microsecond).String()
}
