package model

import (
	"bytes"
	"fmt"
	"strings"

	"lockstep/harness/player"
)

// got tells whether u has an answer that begins with this word.
func (u *user) got(word string) bool {
	in, _ := strings.CutPrefix(string(u.In), "READY\n")
	return strings.HasPrefix(in, word) && strings.HasSuffix(in, "\n")
}

func (u *user) answered() bool { return u.got("OK") || u.got("ERR") }

// told judges what u was told so far.
func (m *model) told(u *user) error {
	k, file := u.kind()
	in, ready := strings.CutPrefix(string(u.In), "READY\n")
	line, more, whole := strings.Cut(in, "\n")
	half := k == none && u.How == "finish" && string(bytes.TrimSuffix(u.said, []byte("\r"))) == "SEND" // text without an ending may be a line, or not
	switch {
	case !whole && u.End == nil && (in == "" || u.Gripped):
		if ready && k == none && !half {
			return player.Faultf("", "%s got READY, and has not said SEND", u.Addr)
		}
		return nil
	case in == "":
		return m.end(u)
	case !whole:
		return player.Faultf("", "%s got %.80q: each answer is a line", u.Addr, u.In)
	case more != "":
		return player.Faultf("", "%s got %.200q: behind OK or ERR nothing comes", u.Addr, u.In)
	}
	ok, failed := strings.HasPrefix(line, "OK "), strings.HasPrefix(line, "ERR ") && len(line) > len("ERR ")
	switch {
	case !ok && !failed:
		return player.Faultf("", "%s got %.80q, which is no answer of the protocol", u.Addr, line)
	case ok && half:
		return nil
	case ok && k != send:
		return player.Faultf("", "%s got %q, and its first line was %.80q", u.Addr, line, u.said)
	case ok && !ready:
		return player.Faultf("", "%s got %q without a READY before it", u.Addr, line)
	case ok && u.How == "":
		return player.Faultf("3.1", "%s got %q, and has not sent the whole of its file", u.Addr, line)
	case ok && line != fmt.Sprintf("OK %d", len(file)):
		return player.Faultf("2.1", "%s sent a file of %d bytes and got %q", u.Addr, len(file), line)
	case failed && k == tooLong && line != "ERR line too long":
		return player.Faultf("", "%s sent a line of more than %d bytes and got %.80q", u.Addr, maxLine, line)
	case failed && k == none && u.How == "":
		return player.Faultf("", "%s got %.80q, and has not sent a line", u.Addr, line)
	}
	return nil
}

// end judges that the connection of u has ended without an answer.
func (m *model) end(u *user) error {
	if u.gone() || u.How != "" && !u.line() {
		return nil
	}
	return player.Faultf("4.2", "the connection of %s has ended (%v), and it got no answer", u.Addr, u.End)
}

// served judges, at rest, that nobody waits who need not.
func (m *model) served() error {
	if m.log.Held() {
		return nil
	}
	turns, ready := 0, 0
	var first *user
	for _, u := range m.users {
		if u.stopped() {
			return nil
		}
		if u.inTheWay() {
			if turns++; first == nil {
				first = u
			}
			if !u.Reading || len(u.In) > 0 {
				ready++
			}
		}
	}
	if turns > 0 {
		if ready == 0 {
			return player.Faultf("5.2", "%s has asked for its turn, nobody else has it, and no READY came", first.Addr)
		}
		return nil
	}
	for _, u := range m.users {
		if !u.Reading || u.gone() || !u.line() && u.How == "" {
			continue
		}
		switch {
		case u.line() && !u.answered():
			return player.Faultf("5.2", "%s has nothing more to send, nobody is in its way, and it got no answer", u.Addr)
		case u.End == nil:
			return player.Faultf("4.3", "the server has nothing more to say to %s, and its connection was not closed", u.Addr)
		}
	}
	for _, u := range m.users {
		if u.gone() && !u.Closed() {
			return player.Faultf("4.3", "%s has left, and its connection was not closed", u.Addr)
		}
	}
	return nil
}
