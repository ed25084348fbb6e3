package model

import (
	"bytes"
	"fmt"
	"strings"

	"lockstep/harness/player"
)

// judge tells what is wrong when all have come to rest.
func (m *model) judge() error {
	for _, u := range m.users {
		if err := m.told(u); err != nil {
			return err
		}
	}
	if err := m.counts(); err != nil {
		return err
	}
	if err := m.stored(); err != nil {
		return err
	}
	if err := m.served(); err != nil {
		return err
	}
	if n := m.log.Opened(); n > 0 && m.quiet() {
		return player.Faultf("1.2", "nobody has anything to store, and the log is open %d times", n)
	}
	return nil
}

// counts compares what clients were told with what became of the log.
func (m *model) counts() error {
	saved, refused, unknown := 0, 0, 0
	for _, u := range m.users {
		k, file := u.kind()
		switch {
		case k != send && k != none:
		case u.got("OK"):
			if len(file) > 0 {
				saved++
			}
		case u.got("ERR"):
			refused++
		default:
			unknown++
		}
	}
	kept, lost := m.log.Outcomes()
	switch {
	case saved > kept:
		return player.Faultf("3.1", "%d files have got OK, and the log was opened, written and closed without an error %d times", saved, kept)
	case refused > lost && !m.half():
		return player.Faultf("3.2", "%d files have got ERR, and the log has failed %d times", refused, lost)
	case lost > refused+unknown:
		return player.Faultf("3.2", "the log has failed %d times, and %d files have got ERR", lost, refused)
	}
	return nil
}

// half tells whether anybody's first line has no ending: whether it is one, nobody decides.
func (m *model) half() bool {
	for _, u := range m.users {
		if k, _ := u.kind(); k == none && u.How != "" && len(u.said) > 0 {
			return true
		}
	}
	return false
}

// stored judges the log, from where it is explained: each file that got OK is there once, whole, and behind those which were acknowledged before it was asked
// for. Of any other file a beginning may be there.
func (m *model) stored() error {
	s := search{log: m.log.Bytes()[m.base:], seen: map[place]bool{}}
	for _, u := range m.users {
		k, file := u.kind()
		if k != send || u.done || len(file) == 0 {
			continue
		}
		s.files = append(s.files, stored{u, file, u.got("OK")})
	}
	if len(s.files) > 64 || s.from(0, 0) {
		return nil
	}
	var b strings.Builder
	for _, f := range s.files {
		state := "may be there in part"
		if f.must {
			state = "got OK"
		}
		fmt.Fprintf(&b, "\n  %s sent %s (%s)", f.user.Addr, player.Short(string(f.data)), state)
	}
	for _, f := range s.files {
		if f.must && !bytes.Contains(s.log, f.data) {
			return player.Faultf("2.1", "the file of %s got OK, and is not in the log in one piece:%s\nthe log holds, behind what was there before:\n  %s",
				f.user.Addr, b.String(), player.Short(string(s.log)))
		}
	}
	return player.Faultf("2.1", "the log should hold each file that got OK once, whole, and behind those which got it before it was asked for:%s\nthe log holds, behind what was there before:\n  %s",
		b.String(), player.Short(string(s.log)))
}

// A stored file is one that must be in the log, or may.
type stored struct {
	user *user
	data []byte
	must bool
}

// A search looks for the files of which a log is made.
type search struct {
	log   []byte
	files []stored
	seen  map[place]bool
}

// A place is how far a search has come, with which files.
type place struct {
	at   int
	used uint64
}

// most is how many places a search looks at: whoever cannot be judged with them is not.
const most = 100_000

// from tells whether the log is made of files that are not used yet, from a place on.
func (s *search) from(at int, used uint64) bool {
	if at == len(s.log) && s.complete(used) {
		return true
	}
	if here := (place{at, used}); s.seen[here] {
		return false
	} else if s.seen[here] = true; len(s.seen) > most {
		return true
	}
	for i, f := range s.files {
		if used&(1<<i) != 0 || !s.turn(f, used) {
			continue
		}
		n := common(s.log[at:], f.data)
		if f.must {
			if n == len(f.data) && s.from(at+n, used|1<<i) {
				return true
			}
			continue
		}
		for ; n > 0; n-- {
			if s.from(at+n, used|1<<i) {
				return true
			}
		}
	}
	return false
}

// complete tells whether all files are used that must be.
func (s *search) complete(used uint64) bool {
	for i, f := range s.files {
		if f.must && used&(1<<i) == 0 {
			return false
		}
	}
	return true
}

// turn tells whether all files are used that were acknowledged before f was asked for.
func (s *search) turn(f stored, used uint64) bool {
	for i, o := range s.files {
		if o.must && o.user.saved != 0 && o.user.saved <= f.user.asked && used&(1<<i) == 0 {
			return false
		}
	}
	return true
}

// common is how many bytes a and b begin with in common.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
