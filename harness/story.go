package main

import (
	"fmt"
	"os"
	"slices"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/story"
	"lockstep/harness/visible"
)

// play plays one story, and tells what became of it.
func (c *checkCmd) play(s *session, j *judge.Judge, bin *build.Binary) error {
	text, err := os.ReadFile(c.Story)
	if err != nil {
		return err
	}
	told, err := story.Parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Story, err)
	}
	l := bin.Lab
	i := slices.IndexFunc(l.Checks, func(c lab.Check) bool { return c.Stories > 0 })
	if i < 0 {
		return fmt.Errorf("lab %s has no check that plays stories", l.ID)
	}
	if !bin.Steered {
		return fmt.Errorf("a story is played under schedules, and none can decide here: %s", s.unsteered)
	}
	v, err := j.Tell(s.ctx, bin, l.Checks[i], told)
	if err != nil {
		return err
	}
	if v.Passed() {
		fmt.Fprintf(s.stdout, "lab %s: the story goes well, under each of %d schedules\n", l.ID, v.Explored.Tried)
		return nil
	}
	fmt.Fprintf(s.stdout, "lab %s: the story goes wrong\n\n%s\n", l.ID, visible.Text(v.Message))
	return status(notYet)
}
