package main

import (
	"fmt"
	"os"
	"path/filepath"

	"lockstep/harness/report"
	"lockstep/harness/shard"
)

type gradeMergeCmd struct {
	Results []string `arg:"" help:"results.json of each shard, or the folder that holds it."`
	Out     string   `default:"graded" help:"Where results.json and the reports of the whole class go."`
	Roster  string   `placeholder:"CSV" help:"Who is in the class, for those who handed in nothing."`
}

func (c *gradeMergeCmd) Run(s *session) error {
	class, err := readRoster(c.Roster)
	if err != nil {
		return err
	}
	var parts []shard.Part
	for _, file := range c.Results {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			file = filepath.Join(file, "results.json")
		}
		r, err := report.Read(file)
		if err == nil && r == nil {
			err = fmt.Errorf("there is no %s; name what grade --shard has written to --out", file)
		}
		if err != nil {
			return err
		}
		parts = append(parts, shard.Part{File: file, Results: r})
	}
	results, err := shard.Merge(parts)
	if err != nil {
		return err
	}
	before, err := report.Read(filepath.Join(c.Out, "results.json"))
	if err != nil {
		return err
	}
	results.Submissions = report.KeepScores(before, results.Submissions)
	if class != nil {
		var names []string
		for _, one := range results.Submissions {
			names = append(names, one.Student)
		}
		class.match(names) // they have their names already
	}
	labs, err := s.labs(nil)
	if err != nil {
		return err
	}
	return class.write(s, c.Out, labs, results, shard.Shard{})
}
