package judge

import (
	"context"
	"os"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/steer"
)

// budget is how many steps the schedules of a check may take together. A step is some ten microseconds of a processor. It is no time, so that what
// is tried is the same on every machine.
const budget = 30_000

// blank makes a file for a recording.
func blank(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := f.Truncate(steer.Size); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// recorded reads what a process has left in the file; nil if that is no run. It is for explanations, and decides nothing.
func recorded(name string) *steer.Run {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	run, err := steer.Read(f)
	if err != nil {
		return nil // it never began, or has written into it
	}
	return &run
}

// Replay runs a check under one schedule. The binary is one that can be steered.
func (j *Judge) Replay(ctx context.Context, bin *build.Binary, check lab.Check, s steer.Schedule) (Verdict, error) {
	return j.try(ctx, bin, check, 0, &steer.Plan{Only: &s})
}
