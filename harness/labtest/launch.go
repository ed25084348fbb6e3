package labtest

import (
	"context"
	"os/exec"
	"testing"

	"lockstep/harness/host"
	"lockstep/harness/startenv"
)

// A Process is the student's server in a process of its own, over TCP, for checks that end it in their own way.
type Process struct {
	Addr string // host:port on which it listens

	check *check
	p     *host.Process
}

// Launch starts the server that was handed to [Main] as a process in the folder dir, and makes t a check. It
// is killed when the test is over, if it still runs then.
func Launch(t *testing.T, dir string) *Process {
	t.Helper()
	c := begin(t)
	ctx, cancel := context.WithCancel(context.Background())
	p, err := host.Start(ctx, exec.Command(startenv.Program()), host.Config{Dir: dir, OnReport: c.reported})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		p.Kill()
		c.races = append(c.races, p.Outcome().Races...)
	})
	return &Process{Addr: p.Addr, check: c, p: p}
}

// Kill ends the process at once, as kill -9 or a power cut does, and returns when it is gone.
func (p *Process) Kill() { p.p.Kill() }

// Stop closes the server's listener, waits until Serve has returned and the process is gone, and
// returns what Serve returned.
func (p *Process) Stop() error { return p.p.Stop() }
