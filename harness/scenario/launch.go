package scenario

import (
	"context"
	"fmt"
	"os/exec"

	"lockstep/harness/race"
)

// A Process is a server process without a story, for those who tell their own.
type Process struct {
	Addr string // host:port on which it listens
	s    *server
}

// Launch starts a server process in the folder dir, from a command that leads to [Serve], and
// returns when it listens. reported hears of each data race that it meets, as soon as it
// is reported; it may be nil. The process ends with ctx, with this process, or by Stop.
func Launch(ctx context.Context, cmd *exec.Cmd, dir string, reported func(raw string)) (*Process, error) {
	s, err := startServer(ctx, cmd, dir, false, "", reported)
	if err != nil {
		if s != nil {
			s.kill()
		}
		return nil, err
	}
	return &Process{Addr: s.addr, s: s}, nil
}

// Stop closes the server's listener, and returns when Serve has returned and the process is gone.
// Every client must have left.
func (p *Process) Stop() error {
	defer p.s.stdout.Close()
	switch last := p.s.stop(); {
	case p.s.crash() != "":
		return fmt.Errorf("the server crashed: %s", p.s.crash())
	case !last.Served:
		return fmt.Errorf("Serve did not return within %v", Patience)
	case last.Error != "":
		return fmt.Errorf("Serve returned %s", last.Error)
	}
	return nil
}

// Kill ends the process at once, whatever it is doing, and returns when it is gone. It may be called
// again, and after Stop.
func (p *Process) Kill() {
	p.s.cmd.Process.Kill() // first: the end of its input would let it end well
	p.s.kill()
}

// Races returns the data races that the process met. It is gone.
func (p *Process) Races() []race.Report { return p.s.races() }
