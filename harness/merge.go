package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lockstep/harness/lab"
	"lockstep/harness/results"
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
	labs, err := s.labs(nil)
	if err != nil {
		return err
	}
	var parts []shard.Part
	for _, file := range c.Results {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			file = filepath.Join(file, "results.json")
		}
		r, err := results.Read(file)
		if err == nil && r == nil {
			err = fmt.Errorf("there is no %s; name what grade --shard has written to --out", file)
		}
		if err != nil {
			return err
		}
		if err := known(file, labs, r); err != nil {
			return err
		}
		parts = append(parts, shard.Part{File: file, Results: r})
	}
	merged, err := shard.Merge(parts)
	if err != nil {
		return err
	}
	before, err := results.Read(filepath.Join(c.Out, "results.json"))
	if err != nil {
		return err
	}
	merged.Submissions = results.KeepScores(before, merged.Submissions)
	if class != nil {
		var names []string
		for _, one := range merged.Submissions {
			names = append(names, one.Student)
		}
		class.match(names) // they have their names already
	}
	for _, p := range parts {
		if err := copyTraces(filepath.Dir(p.File), c.Out, p.Results); err != nil {
			return err
		}
	}
	return class.write(s, c.Out, labs, merged, shard.Shard{})
}

// copyTraces copies what results have recorded from one folder to another. What is not there any more is not missed: it can be graded again.
func copyTraces(from, to string, r *results.Results) error {
	for _, one := range r.Submissions {
		for _, check := range one.Checks {
			if check.Trace == "" {
				continue
			}
			data, err := os.ReadFile(filepath.Join(from, filepath.FromSlash(check.Trace)))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			file := filepath.Join(to, filepath.FromSlash(check.Trace))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if err := results.WriteFile(file, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// known refuses results that other checks came to than those of this kit.
func known(file string, labs []*lab.Lab, r *results.Results) error {
	for _, one := range r.Submissions {
		at := slices.IndexFunc(labs, func(l *lab.Lab) bool { return l.ID == one.Lab })
		err := fmt.Errorf("there is no lab %s", one.Lab)
		if at >= 0 {
			err = one.Fits(labs[at])
		}
		if err != nil {
			return fmt.Errorf("%s: %s %s: %w here; grade and merge with the same kit", file, one.Student, one.Lab, err)
		}
	}
	return nil
}
