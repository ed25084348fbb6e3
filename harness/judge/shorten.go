package judge

import (
	"context"
	"strings"

	"lockstep/harness/build"
	"lockstep/harness/steer"
	"lockstep/harness/story"
)

// mostShortening is how many runs it may take to make a story shorter, a process for each.
const mostShortening = 80

// shorten looks for a shorter story that fails in the same way under the same schedule: with the same status, by the same rule.
func (j *Judge) shorten(ctx context.Context, bin *build.Binary, v Verdict) (Verdict, error) {
	told, err := story.Parse(v.trying.Story)
	if err != nil {
		return v, nil // the process has said so, and it is not ours to believe
	}
	runs := 0
	fails := func(s story.Story) (bool, error) {
		runs++
		under := steer.Schedule{Seed: v.trying.Seed, Odds: v.trying.Odds, Story: s.String()}
		again, err := j.Replay(ctx, bin, v.Check, under)
		if err != nil || again.Status != v.Status || rule(again.Message) != rule(v.Message) {
			return false, err
		}
		again.Explored, again.took, again.trying = v.Explored, v.took, &under
		v = again
		return true, nil
	}
	if s, err := story.Parse(played(v.Message)); err == nil && s.Len() < told.Len() {
		if ok, err := fails(s); err != nil {
			return v, err
		} else if ok {
			told = s
		}
	}
	for from, again := 0, true; again; from = 0 {
		again = false
		for ok := true; ok; { // behind a step that worked, the next one has its number, or nearly so
			ok = false
			n := -1
			for shorter := range told.Smaller() {
				if n++; n < from || shorter.Cost() >= told.Cost() {
					continue
				}
				if runs == mostShortening {
					return v, nil
				}
				if ok, err = fails(shorter); err != nil {
					return v, err
				}
				if from = n; ok {
					told, again = shorter, true
					break
				}
			}
		}
	}
	return v, nil
}

// played is the story that a message tells, without the acts that did nothing; "" if it tells none.
func played(message string) string {
	_, text, _ := strings.Cut(message, "\nthe story:\n")
	text, _, _ = strings.Cut(text, "\n\n")
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, " "))
	}
	return b.String()
}

// rule is the line of a message that names a rule of the handout; "" if there is none.
func rule(message string) string {
	for line := range strings.Lines(message) {
		if text := strings.TrimSpace(line); strings.HasPrefix(text, "rule ") {
			return text
		}
	}
	return ""
}
