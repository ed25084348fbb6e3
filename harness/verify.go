package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/proof"
)

type verifyCmd struct {
	Labs []string `arg:"" optional:"" help:"The labs to prove; all of them if none is named."`
	Runs int      `default:"1" help:"How often to run each variant."`
}

func (c *verifyCmd) Run(s *session) error {
	if c.Runs < 1 {
		return badUsage("--runs %d: it takes at least one", c.Runs)
	}
	labs, err := c.labs(s)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.root, "solutions")); err != nil {
		return fmt.Errorf("there is no folder solutions here, so there is nothing to prove the checks with; a student's copy does not have it")
	}
	wrong := 0
	for _, l := range labs {
		fmt.Fprintf(s.stdout, "lab %s %s, each variant %d times\n", l.ID, l.Name, c.Runs)
		p := &proof.Proof{Builder: s.builder(), Judge: &judge.Judge{Dir: s.tmp}, Runs: c.Runs, Told: func(line proof.Line) {
			if !line.OK() {
				wrong++
			}
			printLine(s, line)
		}}
		if _, err := p.Lab(s.ctx, l); err != nil {
			return err
		}
	}
	if wrong > 0 {
		fmt.Fprintf(s.stdout, "\n%d lines are not as they must be\n", wrong)
		return status(notYet)
	}
	return nil
}

func (c *verifyCmd) labs(s *session) ([]*lab.Lab, error) {
	if len(c.Labs) == 0 {
		return lab.All(s.root)
	}
	var labs []*lab.Lab
	for _, name := range c.Labs {
		l, err := lab.Find(s.root, name)
		if err != nil {
			return nil, err
		}
		labs = append(labs, l)
	}
	return labs, nil
}

func printLine(s *session, line proof.Line) {
	style, word := lipgloss.NewStyle().Foreground(lipgloss.Green), "ok"
	if !line.OK() {
		style, word = lipgloss.NewStyle().Foreground(lipgloss.Red), "WRONG"
	}
	what := "all checks pass"
	switch {
	case line.Variant == "catalogue":
		what = "lab.toml, checks, stub, concepts and mistakes fit together"
	case line.Variant == "stub":
		what = "only what is given passes"
	case line.Check != "":
		var how []string
		for _, status := range slices.Sorted(maps.Keys(line.Seen)) {
			how = append(how, fmt.Sprintf("%s %d", status, line.Seen[status]))
		}
		what = fmt.Sprintf("caught by %s (%s)", line.Check, strings.Join(how, ", "))
	}
	fmt.Fprintf(s.stdout, "  %s  %4d/%-4d %-18s  %s\n", style.Render(fmt.Sprintf("%-5s", word)), line.Good, line.Runs, line.Variant, what)
	for _, text := range line.Wrong {
		fmt.Fprintf(s.stdout, "      %s\n", strings.ReplaceAll(text, "\n", "\n      "))
	}
}
