package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"lockstep/harness/gotest"
)

// testCmd is for what go test does not say: which tests of a package that passes were left out.
type testCmd struct {
	Strict bool     `help:"Leaving a test out is a failure too, unless a WITHOUT_ variable asks for it."`
	Args   []string `arg:"" optional:"" passthrough:"" help:"For go test, behind --, instead of: -race -timeout 60m ./harness/... ./solutions/..."`
}

func (c *testCmd) Run(s *session) error {
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		args = []string{"-race", "-timeout", "60m", "./harness/..."}
		if _, err := os.Stat(filepath.Join(s.root, "solutions")); err == nil { // a student's copy does not have it
			args = append(args, "./solutions/...")
		}
	}
	cmd := exec.CommandContext(s.ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = s.root, gotest.Environ(), s.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // what a terminal does too
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	left, readErr := gotest.Read(out, s.raw)
	err = cmd.Wait()
	if readErr != nil {
		return readErr
	}
	if err := gotest.Tell(s.raw, left); err != nil {
		return err
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return status(exit.ExitCode()) // it has said why
	}
	if err != nil {
		return err
	}
	if c.Strict && slices.ContainsFunc(left, func(l gotest.LeftOut) bool { return !l.Asked() }) {
		return fmt.Errorf("tests were left out that this machine was to run")
	}
	return nil
}
