package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"lockstep/harness/demo"
	"lockstep/harness/lab"
)

type demoCmd struct {
	Scenario int  `arg:"" optional:"" help:"1, 2 or 3; all of them if none is named."`
	Plain    bool `help:"Print the whole story, without waiting for keys."`
	JSON     bool `help:"Print what came of each scenario and variant as JSON."`
}

func (c *demoCmd) Run(s *session) error {
	scenarios := demo.Scenarios
	if c.Scenario != 0 {
		if c.Scenario < 1 || c.Scenario > len(demo.Scenarios) {
			return badUsage("there is no scenario %d; there are 1, 2 and 3", c.Scenario)
		}
		scenarios = []int{c.Scenario}
	}
	l, err := lab.Find(s.root, "04")
	if err != nil {
		return err
	}
	for _, v := range demo.Variants {
		if _, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(v.Dir))); err != nil {
			return fmt.Errorf("the demo needs %s, which a student's copy does not have", v.Dir)
		}
	}
	show := s.tty && !c.Plain && !c.JSON
	if show {
		fmt.Fprintln(s.stderr, "building both servers with the race detector, and playing the scenarios ...")
	}
	scenes, err := demo.Record(s.ctx, s.builder(), l, scenarios)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		outcomes := []demo.Outcome{}
		for _, scene := range scenes {
			outcomes = append(outcomes, scene.Outcome())
		}
		enc := json.NewEncoder(s.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(outcomes)
	case show:
		return demo.Show(s.ctx, s.stdin, s.raw, scenes)
	}
	demo.Print(s.stdout, scenes)
	return nil
}
