package main

import (
	"fmt"

	"lockstep/harness/skeleton"
)

type newCmd struct {
	Number string `arg:"" name:"NN" help:"Number of the lab: two digits that no lab has."`
	Name   string `arg:"" help:"Name of its package."`
}

func (c *newCmd) Run(s *session) error {
	files, err := skeleton.Write(s.root, c.Number, c.Name)
	if err != nil {
		return usageError{err}
	}
	for _, file := range files {
		fmt.Fprintln(s.stdout, file)
	}
	fmt.Fprintf(s.stdout, "\nThis is a small lab that works. Change it into yours, and fill in what says %q; go run ./harness verify %s tells what is missing.\n", skeleton.Blank, c.Number)
	return nil
}
