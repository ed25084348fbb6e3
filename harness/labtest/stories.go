package labtest

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/lab"
	"lockstep/harness/stacks"
	"lockstep/harness/startenv"
	"lockstep/harness/story"
)

// Stories makes t a check, and yields the stories that it is to play: the one of the schedule, or, where none decides, the first few. Those in the lab's scripts
// (NAME.story) come first. draw is called with a story's number, counted from 1 behind these, and always returns the same one for it.
func Stories(t *testing.T, few int, draw func(number ...int) story.Story) iter.Seq[story.Story] {
	t.Helper()
	return func(yield func(story.Story) bool) {
		kept, err := kept()
		if err != nil {
			t.Fatal("a story cannot be read: ", err)
		}
		numbered := func(n int) story.Story {
			if n <= len(kept) {
				return kept[n-1]
			}
			return draw(n - len(kept))
		}
		if !schedules.wanted {
			for i := range len(kept) + few {
				if begin(t); !yield(numbered(i + 1)) {
					return
				}
			}
			return
		}
		next := &schedules.next
		if next.Story == "" {
			next.Story = numbered(max(1, next.Number)).String()
		}
		s, err := story.Parse(next.Story) // what is drawn is played as it will be told
		if err != nil {
			t.Fatal("the story cannot be read: ", err)
		}
		begin(t)
		yield(s)
	}
}

// kept are the stories in the lab's scripts.
func kept() (all []story.Story, err error) {
	dir := startenv.Dir()
	files, err := filepath.Glob(filepath.Join(dir, "..", "..", "scripts", filepath.Base(dir), "*.story"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s, err := story.Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("scripts/%s/%s: %w", filepath.Base(dir), filepath.Base(file), err)
		}
		all = append(all, s)
	}
	return all, nil
}

// Busy says who is at work although nobody acts; "" if all have come to rest.
func (o Observer) Busy() string {
	if busy := await.Idle(await.Limit); len(busy) > 0 {
		return describe(busy[0]) + "wait for an event instead of asking for it again and again"
	}
	return ""
}

// Pass lets time pass, which does not count for the check. It is for where time costs nothing.
func (o Observer) Pass(d time.Duration) {
	o.check.limit.Stop()
	time.Sleep(d)
	o.check.limit.Reset(deadline())
}

// Asleep names a goroutine of the student's that sleeps; "" if none does.
func (o Observer) Asleep() string {
	for _, g := range stacks.All() {
		if _, owned := g.Innermost(lab.Owns); owned && g.State == "sleep" {
			return describe(g)
		}
	}
	return ""
}

// There are the goroutines that are there now.
func (o Observer) There() map[int]bool {
	there := map[int]bool{}
	for _, g := range stacks.All() {
		there[g.ID] = true
	}
	return there
}

// Left names the student's goroutines that are there now, and were not before, nor were started by one that was, but for those that are in one of these
// functions of the kit; "" if there are none.
func (o Observer) Left(before map[int]bool, but ...any) (text string) {
	var allowed []string
	for _, f := range but {
		allowed = append(allowed, stacks.NameOf(f))
	}
	all := stacks.All()
	by := map[int]int{}
	for _, g := range all {
		by[g.ID] = g.By
	}
	var lines []string
	for _, g := range all {
		_, owned := g.Innermost(lab.Owns)
		if !owned && !lab.Owns(g.Created) || slices.ContainsFunc(g.Frames, func(f stacks.Frame) bool { return slices.Contains(allowed, f.Func) }) {
			continue
		}
		id := g.ID
		for id != all[0].ID && id != 0 && !before[id] { // the first of all is the caller, who was there and has started the server
			id = by[id]
		}
		if id == all[0].ID || id == 0 {
			lines = append(lines, describe(g))
		}
	}
	slices.Sort(lines) // a dump is in no order that means anything
	for _, line := range counted(lines) {
		text += line
	}
	return text
}

// Role is what the student's code is called: server, or client.
func (o Observer) Role() string { return o.check.role.name }

// Rule quotes a sentence of the handout by its number, as 2.1.
func Rule(number string) string {
	text, err := lab.Sentence(startenv.Dir(), number)
	if err != nil {
		return fmt.Sprintf("rule %s of the handout", number)
	}
	return fmt.Sprintf("rule %s of the handout: %s", number, text)
}
