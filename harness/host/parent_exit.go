package host

import (
	"errors"
	"fmt"
	"strings"

	"lockstep/harness/await"
	"lockstep/harness/race"
)

// An ExitState is how a process has ended, and what it has left.
type ExitState struct {
	Forged  bool     // somebody else has written its replies, and it was killed: [ErrForged]
	Crash   string   // the first line of what a dying Go program prints, "" if it did not die
	Served  bool     // Serve has returned,
	Error   string   // with this error, "" if it was nil
	Misuses []string // about locks, from a server that was built to know about them
	Status  int      // its exit status

	Races  []race.Report // that it met
	Hidden bool          // it met more than it could report

	Stderr string // what it wrote to its standard error, without the races
}

// raced is the status of a process that met a race and means to end well.
const raced = 66

// ExitState waits until the process is gone. Of what it has said, it knows what has been read: Stop reads all of it.
func (p *Process) ExitState() ExitState {
	<-p.ended
	s := ExitState{
		Forged:  p.forged,
		Served:  p.last.Served,
		Error:   p.last.Error,
		Misuses: p.last.Misuses,
		Status:  p.cmd.ProcessState.ExitCode(),
		Races:   p.stderr.Reports(),
		Stderr:  p.stderr.Text(),
	}
	s.Crash = crash(s.Status, s.Stderr)
	n := p.stderr.Count()
	s.Hidden = n < p.last.Races || n == 0 && s.Status == raced
	if s.Status == raced {
		s.Status = 0
	}
	return s
}

func crash(status int, stderr string) string {
	if status != 2 {
		return "" // a server may log what it recovered from, in the same words
	}
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// err says what went wrong, nil if nothing did. Races and misuses are not meant.
func (s ExitState) err() error {
	switch {
	case s.Forged:
		return ErrForged
	case s.Crash != "":
		return fmt.Errorf("the server crashed: %s", s.Crash)
	case !s.Served:
		return fmt.Errorf("Serve did not return within %v", await.Limit)
	case s.Error != "":
		return errors.New("Serve returned " + s.Error)
	}
	return nil
}
