package steer

import (
	"fmt"
	"strconv"
	"strings"
)

// A Schedule is: run until you block, then the next by name, except at its switches. With odds it is one by lot instead, which takes the switches that a
// [Recording] then tells. The zero value, with a seed, is the plain schedule.
type Schedule struct {
	Seed     uint64   `json:"seed"`
	Odds     uint32   `json:"odds,omitempty"`   // of 65536: that at a point somebody else is looked for; 0 means at the switches only
	Small    bool     `json:"small,omitempty"`  // of the small form of what is run, if it has one
	Number   int      `json:"number,omitempty"` // of the story that is played, counted from 1; 0 means none
	Story    string   `json:"story,omitempty"`  // the same in words, once it is known
	Switches []Switch `json:"switches,omitempty"`
}

// A Switch says that at the Point-th point of a goroutine not the usual one runs, but To; or, if Rank is set, the Rank-th of all others that can
// run, in the order of their names.
type Switch struct{ Goroutine, Point, To, Rank uint32 }

// String is the switch in a form that [Switch.UnmarshalText] reads.
func (s Switch) String() string {
	if s.Rank > 0 {
		return fmt.Sprintf("%08x.%d#%d", s.Goroutine, s.Point, s.Rank)
	}
	return fmt.Sprintf("%08x.%d>%08x", s.Goroutine, s.Point, s.To)
}

// MarshalText is String.
func (s Switch) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what String writes.
func (s *Switch) UnmarshalText(text []byte) error {
	bad := fmt.Errorf("%q is no switch of a schedule", text)
	from, rest, ok := strings.Cut(string(text), ".")
	g, err := strconv.ParseUint(from, 16, 32)
	if !ok || err != nil {
		return bad
	}
	base, at := 16, strings.IndexByte(rest, '>')
	if at < 0 {
		base, at = 10, strings.IndexByte(rest, '#')
	}
	if at < 0 {
		return bad
	}
	nth, err := strconv.ParseUint(rest[:at], 10, 32)
	if err != nil {
		return bad
	}
	to, err := strconv.ParseUint(rest[at+1:], base, 32)
	if err != nil || base == 10 && to == 0 {
		return bad
	}
	*s = Switch{Goroutine: uint32(g), Point: uint32(nth)}
	if base == 10 {
		s.Rank = uint32(to)
	} else {
		s.To = uint32(to)
	}
	return nil
}
