package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"lockstep/harness/lab"
)

type runCmd struct {
	Lab      string   `arg:"" help:"Number or name of the lab."`
	Solution bool     `xor:"whose" help:"Run the reference instead of the working copy."`
	With     string   `xor:"whose" placeholder:"DIR" help:"Run the files in this folder instead."`
	Args     []string `arg:"" optional:"" passthrough:"" help:"For the program, behind --."`
}

func (c *runCmd) Run(s *session) error {
	l, err := lab.Find(s.root, c.Lab)
	if err != nil {
		return err
	}
	from := ""
	switch {
	case c.Solution:
		from = l.SolutionDir()
	case c.With != "":
		if from, err = filepath.Abs(c.With); err != nil {
			return err
		}
	}
	bin, err := s.builder().Program(s.ctx, l, from)
	if err != nil {
		return err
	}
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	cmd := exec.CommandContext(s.ctx, bin.Path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.stdin, s.raw, s.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // what a terminal does too
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return status(exit.ExitCode()) // it has said why
	}
	if s.ctx.Err() != nil {
		return nil // ended as asked
	}
	return err
}
