package shard

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"lockstep/harness/results"
)

// A Part is the results of one shard.
type Part struct {
	File    string // where they come from, for messages
	Results *results.Results
}

// Merge puts parts together. It refuses, by name, parts that do not belong together: other versions
// of Go, one submission with two verdicts, a shard that is missing. Trouble of our own is no verdict, and
// gives way to one. There has to be at least one part.
func Merge(parts []Part) (*results.Results, error) {
	if err := complete(parts); err != nil {
		return nil, err
	}
	type key struct{ student, lab string }
	type found struct {
		file string
		results.SubmissionResult
	}
	all := map[key]found{}
	var problems []error
	seconds := 0.0
	for _, p := range parts {
		if first := parts[0]; p.Results.Go != first.Results.Go {
			return nil, fmt.Errorf("%s was graded with %s, and %s with %s; grade all of a class with one version", first.File, first.Results.Go, p.File, p.Results.Go)
		}
		seconds += p.Results.Seconds
		for _, s := range p.Results.Submissions {
			k := key{s.Student, s.Lab}
			other, ok := all[k]
			switch {
			case !ok, other.Status == results.Infra:
				all[k] = found{p.File, s}
			case s.Status == results.Infra:
			default:
				if difference := differ(other.SubmissionResult, s); difference != "" {
					problems = append(problems, fmt.Errorf("%s %s has one verdict in %s and another in %s (%s); grade both again, from the same submissions", s.Student, s.Lab, other.file, p.File, difference))
				}
			}
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	submissions := make([]results.SubmissionResult, 0, len(all))
	for _, f := range all {
		submissions = append(submissions, f.SubmissionResult)
	}
	merged := results.New(submissions, seconds)
	merged.Go = parts[0].Results.Go
	merged.Sandbox = parts[0].Results.Sandbox
	for _, p := range parts {
		if !reflect.DeepEqual(p.Results.Sandbox, merged.Sandbox) {
			merged.Sandbox = nil // there is no one answer
		}
		merged.Unsteered = cmp.Or(merged.Unsteered, p.Results.Unsteered)
	}
	return merged, nil
}

// differ tells how two verdicts on one submission differ; "" if they do not.
func differ(a, b results.SubmissionResult) string {
	changes := results.Diff(&results.Results{Submissions: []results.SubmissionResult{a}}, &results.Results{Submissions: []results.SubmissionResult{b}})
	if len(changes) == 0 {
		return ""
	}
	return changes[0].What
}

// complete refuses parts of which one is missing, as far as they say which they are.
func complete(parts []Part) error {
	var shards []Shard
	var of Part // whose number of shards counts
	for _, p := range parts {
		if p.Results.Shard == "" {
			continue
		}
		var s Shard
		if err := s.UnmarshalText([]byte(p.Results.Shard)); err != nil {
			return fmt.Errorf("%s: %w", p.File, err)
		}
		if len(shards) > 0 && s.N != shards[0].N {
			return fmt.Errorf("%s is shard %s, and %s is shard %s; merge the parts of one grading", of.File, of.Results.Shard, p.File, p.Results.Shard)
		}
		shards, of = append(shards, s), Part{cmp.Or(of.File, p.File), cmp.Or(of.Results, p.Results)}
	}
	if len(shards) == 0 {
		return nil
	}
	var missing []string
	for i := range shards[0].N {
		if s := (Shard{i + 1, shards[0].N}); !slices.Contains(shards, s) {
			missing = append(missing, s.String())
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("results are missing: of shard %s; grade it, and name its results too", strings.Join(missing, ", "))
	}
	return nil
}
