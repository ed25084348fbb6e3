package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"lockstep/harness/demo"
	"lockstep/harness/lab"
	"lockstep/harness/serving"
)

type demoCmd struct {
	What  string `arg:"" optional:"" placeholder:"1|2|3|serving" help:"A scenario, or who waits for whom while a client dawdles; all scenarios if nothing is named."`
	Plain bool   `help:"Print the whole story, without waiting for keys."`
	JSON  bool   `help:"Print what came of it as JSON."`
}

func (c *demoCmd) Run(s *session) error {
	if c.What == "serving" {
		return c.serving(s)
	}
	scenarios := demo.Scenarios
	if c.What != "" {
		n, err := strconv.Atoi(c.What)
		if err != nil || !slices.Contains(demo.Scenarios, n) {
			return badUsage("there is no demo %q; there are the scenarios 1, 2 and 3, and serving", c.What)
		}
		scenarios = []int{n}
	}
	for _, v := range demo.Variants {
		if err := s.needs(v.Path); err != nil {
			return err
		}
	}
	l, err := lab.Find(s.root, "04")
	if err != nil {
		return err
	}
	show := s.tty && !c.Plain && !c.JSON
	if show {
		fmt.Fprintln(s.stderr, "building both servers with the race detector, and playing the scenarios ...")
	}
	recordings, err := demo.Record(s.ctx, s.builder(), l, scenarios)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		summaries := []demo.Summary{}
		for _, r := range recordings {
			summaries = append(summaries, r.Summary())
		}
		return s.printJSON(summaries)
	case show:
		return demo.Show(s.ctx, s.stdin, s.raw, recordings)
	}
	demo.Print(s.stdout, recordings)
	return nil
}

// serving compares a server that serves one client at a time with one that serves all.
func (c *demoCmd) serving(s *session) error {
	for _, m := range serving.Models {
		if err := s.needs("solutions/" + m.Lab); err != nil {
			return err
		}
	}
	if s.tty && !c.JSON {
		fmt.Fprintf(s.stderr, "building both servers, and visiting each: the first client says nothing for %v ...\n", serving.Dawdle)
	}
	timelines, err := serving.Record(s.ctx, s.builder(), serving.Models, serving.Dawdle)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(serving.Measurements(timelines))
	}
	serving.Print(s.stdout, timelines)
	return nil
}

// needs tells whoever has a student's copy what it lacks.
func (s *session) needs(dir string) error {
	if _, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(dir))); err != nil {
		return fmt.Errorf("the demo needs %s, which a student's copy does not have", dir)
	}
	return nil
}

func (s *session) printJSON(v any) error {
	enc := json.NewEncoder(s.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
