package host

import (
	"errors"
	"fmt"
	"strings"

	"lockstep/harness/await"
	"lockstep/harness/race"
)

// An Outcome is how a process has ended, and what it has left.
type Outcome struct {
	Forged   bool     // somebody else has written its replies, and it was killed: [ErrForged]
	Crash    string   // the first line of what a dying Go program prints, "" if it did not die
	Served   bool     // Serve has returned,
	Error    string   // with this error, "" if it was nil
	Findings []string // about locks, from a server that was built to know about them
	Status   int      // its exit status

	Races  []race.Report // that it met
	Hidden bool          // it met more than it could report

	Stderr string // what it wrote to its standard error, without the races
}

// raced is the status of a process that met a race and means to end well.
const raced = 66

// Outcome waits until the process is gone. Of what it has said, it knows what has been read: Stop reads all of it.
func (p *Process) Outcome() Outcome {
	<-p.ended
	o := Outcome{
		Forged:   p.forged,
		Served:   p.last.Served,
		Error:    p.last.Error,
		Findings: p.last.Findings,
		Status:   p.cmd.ProcessState.ExitCode(),
		Races:    p.stderr.Reports(),
		Stderr:   p.stderr.Text(),
	}
	o.Crash = crash(o.Status, o.Stderr)
	n := p.stderr.Count()
	o.Hidden = n < p.last.Races || n == 0 && o.Status == raced
	if o.Status == raced {
		o.Status = 0
	}
	return o
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

// err says what went wrong, nil if nothing did. Races and findings are not meant.
func (o Outcome) err() error {
	switch {
	case o.Forged:
		return ErrForged
	case o.Crash != "":
		return fmt.Errorf("the server crashed: %s", o.Crash)
	case !o.Served:
		return fmt.Errorf("Serve did not return within %v", await.Limit)
	case o.Error != "":
		return errors.New("Serve returned " + o.Error)
	}
	return nil
}
