package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/lab"
)

type runCmd struct {
	Lab      string   `arg:"" help:"Number or name of the lab."`
	Solution bool     `xor:"whose" help:"Run the reference instead of the working copy."`
	With     string   `xor:"whose" placeholder:"DIR" help:"Run the files in this folder instead."`
	Mistake  string   `xor:"whose" placeholder:"NAME" help:"Run this wrong answer of solutions/NN/mistakes instead."`
	Args     []string `arg:"" optional:"" passthrough:"" help:"For the program, behind --."`
}

func (c *runCmd) Run(s *session) error {
	l, err := lab.Find(s.root, c.Lab)
	if err != nil {
		return err
	}
	bin, err := c.build(s, l)
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

// build builds the program with the files that were asked for.
func (c *runCmd) build(s *session, l *lab.Lab) (*build.Binary, error) {
	b := s.builder()
	switch {
	case c.Solution:
		return b.Program(s.ctx, l, l.SolutionDir())
	case c.With != "":
		from, err := filepath.Abs(c.With)
		if err != nil {
			return nil, err
		}
		return b.Program(s.ctx, l, from)
	case c.Mistake != "":
		m, err := answers.Wrong(l, c.Mistake)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(s.stderr, "%s\n\n", m.Story)
		return b.ProgramFiles(s.ctx, l, m.Files)
	}
	return b.Program(s.ctx, l, "")
}
