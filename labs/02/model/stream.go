package model

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"lockstep/harness/player"
)

const (
	maxLine = 4096
	maxFile = 1 << 20
)

// A request is one that a client has sent as a whole, or with which the server loses the place.
type request struct {
	verb string // GET, PUT, LIST; "" for anything else
	name string
	data string
	line string
	lost string // why the server cannot know what follows
}

func (r request) String() string {
	switch {
	case r.lost != "":
		return r.lost
	case r.verb == "PUT":
		return fmt.Sprintf("%s and a frame of %d bytes", quoted(r.line), len(r.data))
	}
	return quoted(r.line)
}

// quoted is text as it can be shown.
func quoted(text string) string { return `"` + player.Short(text) + `"` }

// A stream is what a client has sent.
type stream struct {
	requests []request
	rest     []byte // the beginning of the next one
	frame    bool   // its line is complete, the frame is not
	name     string // what is PUT then
	line     string
	lost     bool // nobody can know where the next one begins
	early    bool // and the server has seen that before it was sure
}

func (s *stream) add(data []byte) {
	s.rest = append(s.rest, data...)
	for !s.lost && s.next() {
	}
}

// next takes a request off what was sent, and tells whether there was one.
func (s *stream) next() bool {
	if s.frame {
		return s.nextFrame()
	}
	i := bytes.IndexByte(s.rest, '\n')
	if i < 0 {
		if len(s.rest) > maxLine+1 {
			s.lose("a line that is too long")
		}
		return false
	}
	s.line = strings.TrimSuffix(string(s.rest[:i]), "\r")
	s.rest = s.rest[i+1:]
	verb, name, _ := strings.Cut(s.line, " ")
	switch {
	case len(s.line) > maxLine:
		s.lose("a line that is too long")
	case s.line == "LIST":
		s.requests = append(s.requests, request{verb: verb, line: s.line})
	case verb == "GET":
		s.requests = append(s.requests, request{verb: verb, name: name, line: s.line})
	case strings.HasPrefix(s.line, "PUT "):
		s.frame, s.name = true, name
	default:
		s.requests = append(s.requests, request{line: s.line})
	}
	return true
}

func (s *stream) nextFrame() bool {
	if len(s.rest) < 8 {
		return false
	}
	n, err := strconv.ParseUint(string(s.rest[:8]), 16, 32)
	switch {
	case err != nil:
		s.lose(fmt.Sprintf("a frame that begins with %q", s.rest[:8]))
		return false
	case n > maxFile:
		s.lose(fmt.Sprintf("a frame of %d bytes", n))
		return false
	case len(s.rest) < 8+int(n):
		return false
	}
	s.requests = append(s.requests, request{verb: "PUT", name: s.name, data: string(s.rest[8 : 8+n]), line: s.line})
	s.rest, s.frame = s.rest[8+n:], false
	return true
}

func (s *stream) lose(why string) {
	s.requests = append(s.requests, request{lost: why})
	s.lost, s.frame, s.rest = true, false, nil
}

// doubtful tells whether a server may have seen already that it loses the place.
func (s *stream) doubtful() bool {
	if s.frame {
		return strings.Trim(string(s.rest[:min(8, len(s.rest))]), "0123456789abcdefABCDEF") != ""
	}
	return len(s.rest) == maxLine+1 && s.rest[maxLine] != '\r'
}
