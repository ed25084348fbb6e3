package judge

import (
	"context"
	"slices"
	"strings"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/steer"
	"lockstep/harness/story"
)

// How much it may take to make a story shorter.
const (
	mostBatches = 24    // processes, and as many again to confirm what they found
	batch       = 40    // stories for each
	batchBytes  = 50000 // in words
)

// shorten looks for a shorter story that fails in the same way under the same seed and odds: with the same status, by the same rule. Most that are tried do not
// fail, so many are played in one process, until one does.
func (j *Judge) shorten(ctx context.Context, bin *build.Binary, v Verdict, under steer.Schedule) (Verdict, error) {
	told, err := story.Parse(v.Story)
	if err != nil {
		return v, nil // the process has said so, and it is not ours to believe
	}
	alike := func(other Verdict) bool { return other.Status == v.Status && rule(other.Message) == rule(v.Message) }
	from, again := 0, false // what is tried next, and whether anything has worked since the first of all
	for range mostBatches {
		next := candidates(told, v.Message, from)
		if len(next) == 0 {
			if !again {
				break
			}
			from, again = 0, false
			continue
		}
		found, err := j.try(ctx, bin, v.Check, 0, &steer.Plan{Tell: next, Under: under})
		if err != nil {
			return v, err
		}
		n := slices.Index(next, found.Story)
		if found.Passed() || n < 0 {
			from += len(next)
			continue
		}
		from += n
		s, err := story.Parse(found.Story)
		if err != nil || !alike(found) {
			from++
			continue
		}
		under.Story = found.Story
		alone, err := j.Replay(ctx, bin, v.Check, under)
		if err != nil {
			return v, err
		}
		if !alike(alone) {
			from++
			continue
		}
		alone.Explored, alone.took = v.Explored, v.took
		v, told, again = alone, s, true // behind a step that worked, the next one has its number, or nearly so
	}
	return v, nil
}

// candidates are stories that are shorter than one, but for the first few. The first of all is what did something when it was played, as the message
// tells it.
func candidates(told story.Story, message string, from int) (next []string) {
	n, bytes := 0, 0
	add := func(s story.Story) bool {
		if n++; n > from && s.Len() > 0 {
			next = append(next, s.String())
			bytes += len(next[len(next)-1])
		}
		return len(next) < batch && bytes < batchBytes
	}
	if s, err := story.Parse(played(message)); err == nil && s.Len() < told.Len() && !add(s) {
		return next
	}
	for s := range told.Smaller() {
		if s.Cost() < told.Cost() && !add(s) {
			break
		}
	}
	return next
}

// played is the story that a message tells, without the acts that did nothing; "" if it tells none.
func played(message string) string {
	in := false
	var b strings.Builder
	for line := range strings.Lines(message) {
		switch text := strings.TrimSpace(line); {
		case text == "the story:":
			in = true
		case in && text == "":
			return b.String()
		case in:
			b.WriteString(strings.TrimLeft(line, " "))
		}
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

// Tell plays one story, under the plain schedule and then under some by lot, each in a process of its own, until it fails.
func (j *Judge) Tell(ctx context.Context, bin *build.Binary, check lab.Check, s story.Story) (v Verdict, err error) {
	e := steer.Explorer{Plan: steer.Plan{Stories: mostTold}}
	for under, ok := e.Next(steer.Run{}); ok; under, ok = e.Next(steer.Run{}) {
		under.Number, under.Story = 0, s.String()
		if v, err = j.Replay(ctx, bin, check, under); err != nil || !v.Passed() {
			break
		}
	}
	v.Explored.Tried, v.Explored.Complete = e.Tried()
	return v, err
}

// mostTold is under how many schedules one story is played.
const mostTold = 50
