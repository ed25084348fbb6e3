package scenario

import (
	"bufio"
	"errors"
	"fmt"

	"lockstep/harness/await"
)

// A speaker is an actor with its name in the script, and with what it has said and heard. Its lines are read as they come, so that
// a script can wait for one with an eye on the server.
type speaker struct {
	actor
	name  string
	sent  int64
	ended bool // half-closed

	lines chan *string // as they come; closed behind the last line
	err   error        // why there are no more lines; set before lines is closed
	got   int64        // bytes of the lines taken from the channel
	known []string     // lines that were told already, but not awaited
}

// enter gives an actor its name.
func (p *play) enter(name string, a actor) {
	s := &speaker{actor: a, name: name, lines: make(chan *string, 1024)}
	go s.read() // ends with the connection
	p.speakers[name] = s
	if addr := a.addr(); addr != "" {
		p.addrs[name] = addr
	}
}

// remove forgets somebody who has left.
func (p *play) remove(s *speaker) {
	if addr := s.addr(); addr != "" {
		p.gone = append(p.gone, addr)
	}
	delete(p.speakers, s.name)
}

func (s *speaker) read() {
	defer close(s.lines)
	text := bufio.NewScanner(s.actor)
	for text.Scan() {
		line := text.Text()
		s.lines <- &line
	}
	s.err = s.ending(text.Err())
}

// write does not fail: a server that is gone shows in the reply that never comes.
func (s *speaker) write(data []byte) {
	n, _ := s.Write(data)
	s.sent += int64(n)
}

func (s *speaker) finish() {
	s.CloseWrite()
	s.ended = true
}

// line returns the next line, and tells step of it unless that was done before.
func (s *speaker) line(p *play, step *Step) (string, error) {
	if len(s.known) > 0 {
		line := s.known[0]
		s.known = s.known[1:]
		return line, nil
	}
	line, err := s.next(p)
	if err == nil {
		step.Replies = append(step.Replies, Reply{s.name, line})
	}
	return line, err
}

// look tells step what the server has sent up to now, want bytes in all, and leaves it to be awaited.
func (s *speaker) look(p *play, step *Step, want int64) error {
	for s.got < want {
		line, err := s.next(p)
		if err != nil {
			return err
		}
		step.Replies = append(step.Replies, Reply{s.name, line})
		s.known = append(s.known, line)
	}
	return nil
}

// next waits for a line. It gives up when nothing moves in the server any more.
func (s *speaker) next(p *play) (string, error) {
	line, err := await.Receive(await.Patience{Rests: p.rests}, s.lines)
	switch {
	case err == nil && line != nil:
		s.got += int64(len(*line)) + 1
		return *line, nil
	case p.ctx.Err() != nil: // which has ended the server, too
		return "", p.ctx.Err()
	case err == nil:
		return "", s.err
	case err == await.ErrRest:
		return "", errors.New("nothing came, and nothing moves in the server any more")
	}
	return "", fmt.Errorf("nothing came within %v", await.Limit)
}
