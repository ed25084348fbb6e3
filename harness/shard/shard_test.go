package shard_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/lab"
	"lockstep/harness/results"
	"lockstep/harness/shard"
)

func TestEveryStudentIsInOneShard(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10} {
		t.Run(fmt.Sprintf("%d shards", n), func(t *testing.T) {
			sizes := make([]int, n)
			for student := range 1000 {
				in := 0
				for i := range n {
					if (shard.Shard{I: i + 1, N: n}).Has(fmt.Sprintf("student%d", student)) {
						sizes[i]++
						in++
					}
				}
				require.Equal(t, 1, in)
			}
			for _, size := range sizes {
				assert.InDelta(t, 1000/n, size, 250/float64(n), "the shards are %v", sizes)
			}
		})
	}
	assert.True(t, shard.Shard{}.Has("amira"), "the whole class")
}

// A new version of the kit must not move students: half of a class may be graded already.
func TestShardsStayWhatTheyAre(t *testing.T) {
	for student, want := range map[string]int{"amira": 3, "ben": 1, "chris": 2, "김민수": 2} {
		for i := 1; i <= 3; i++ {
			assert.Equal(t, i == want, shard.Shard{I: i, N: 3}.Has(student), "%s in shard %d", student, i)
		}
	}
}

func TestShardsAreReadAndWritten(t *testing.T) {
	for _, row := range []struct {
		text string
		want shard.Shard
		ok   bool
	}{
		{"1/1", shard.Shard{I: 1, N: 1}, true},
		{"2/3", shard.Shard{I: 2, N: 3}, true},
		{"0/3", shard.Shard{}, false},
		{"4/3", shard.Shard{}, false},
		{"-1/3", shard.Shard{}, false},
		{"2", shard.Shard{}, false},
		{"2/", shard.Shard{}, false},
		{"2/3/4", shard.Shard{}, false},
		{"", shard.Shard{}, false},
	} {
		t.Run(row.text, func(t *testing.T) {
			var s shard.Shard
			err := s.UnmarshalText([]byte(row.text))
			assert.Equal(t, row.want, s)
			if row.ok {
				require.NoError(t, err)
				assert.Equal(t, row.text, s.String())
			} else {
				assert.ErrorContains(t, err, "the second of three is 2/3")
			}
		})
	}
}

var echo = &lab.Lab{ID: "04", Checks: []lab.Check{{Name: "TestA", Points: 100, Hints: []string{"h"}}}}

// by is a student's submission that was not run.
func by(student string, status results.SubmissionStatus) results.SubmissionResult {
	return results.Unjudged(student, echo, status, "because")
}

// part is the results of a shard with these submissions.
func part(file, of string, submissions ...results.SubmissionResult) shard.Part {
	r := results.New(submissions, 2)
	r.Go, r.Shard = "go1.26.8", of
	return shard.Part{File: file, Results: r}
}

func TestPartsArePutTogether(t *testing.T) {
	rejected, broken, infra := by("amira", results.Rejected), by("ben", results.NotCompiled), by("ben", results.Infra)
	again := rejected
	again.Seconds = 99
	for _, row := range []struct {
		name  string
		parts []shard.Part
		want  []results.SubmissionResult
	}{
		{"one grading of a whole class", []shard.Part{part("a", "", rejected, broken)}, []results.SubmissionResult{rejected, broken}},
		{"nobody", []shard.Part{part("a", "1/1")}, []results.SubmissionResult{}},
		{"two shards, in any order", []shard.Part{part("b", "2/2", broken), part("a", "1/2", rejected)}, []results.SubmissionResult{rejected, broken}},
		{"an empty shard", []shard.Part{part("a", "1/2", rejected), part("b", "2/2")}, []results.SubmissionResult{rejected}},
		{"a verdict twice", []shard.Part{part("a", "", rejected), part("b", "", again)}, []results.SubmissionResult{rejected}},
		{"a shard twice, the first time with trouble", []shard.Part{part("a", "1/1", infra), part("b", "1/1", broken)}, []results.SubmissionResult{broken}},
		{"a shard twice, the second time with trouble", []shard.Part{part("a", "1/1", broken), part("b", "1/1", infra)}, []results.SubmissionResult{broken}},
		{"trouble only", []shard.Part{part("a", "", infra)}, []results.SubmissionResult{infra}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := shard.Merge(row.parts)
			require.NoError(t, err)
			assert.Equal(t, row.want, got.Submissions)
			assert.Equal(t, "go1.26.8", got.Go)
			assert.Equal(t, results.Schema, got.Schema)
			assert.Empty(t, got.Shard)
			assert.InDelta(t, 2*len(row.parts), got.Seconds, 0)
		})
	}
}

func TestPartsThatDoNotBelongTogetherAreRefused(t *testing.T) {
	other := part("b", "2/2")
	other.Results.Go = "go1.27.0"
	for _, row := range []struct {
		name  string
		parts []shard.Part
		want  string
	}{
		{"two verdicts", []shard.Part{
			part("a", "", by("amira", results.Rejected), by("ben", results.Rejected)),
			part("b", "", by("amira", results.NotCompiled), by("ben", results.NotCompiled)),
		}, "amira 04 has one verdict in a and another in b (0 of 100 (rejected) -> 0 of 100 (not_compiled)); grade both again, from the same submissions\n" +
			"ben 04 has one verdict in a and another in b (0 of 100 (rejected) -> 0 of 100 (not_compiled)); grade both again, from the same submissions"},
		{"another Go", []shard.Part{part("a", "1/2"), other}, "a was graded with go1.26.8, and b with go1.27.0; grade all of a class with one version"},
		{"a shard is missing", []shard.Part{part("a", "2/4"), part("b", "4/4")}, "results are missing: of shard 1/4, 3/4; grade it, and name its results too"},
		{"other numbers of shards", []shard.Part{part("a", "1/2"), part("b", "2/3")}, "a is shard 1/2, and b is shard 2/3; merge the parts of one grading"},
		{"no shard", []shard.Part{part("a", "one")}, `a: "one" is no shard; the second of three is 2/3, and the first is 1/3`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := shard.Merge(row.parts)
			assert.EqualError(t, err, row.want)
		})
	}
}
