package story

import (
	"bytes"
	"iter"
	"slices"
)

// simpler is what an act may be replaced by, of those that every lab has: by a verb that needs fewer words to explain.
var simpler = map[string]string{"drip": write, "reset": "leave", "finish": "leave", "slow": "connect", "deaf": "slow", "late": "connect", "gripped": "connect"}

// Smaller yields the stories that are a step simpler than s, the biggest steps first.
func (s Story) Smaller() iter.Seq[Story] {
	return func(yield func(Story) bool) {
		all := steps{s, yield, true}
		all.scenes()
		all.acts()
		all.seats()
		all.words()
	}
}

type steps struct {
	s     Story
	yield func(Story) bool
	more  bool
}

// try yields a copy of the story with a change.
func (t *steps) try(change func(*Story)) {
	if t.more {
		c := t.s.clone()
		change(&c)
		t.more = t.yield(c)
	}
}

func (t *steps) scenes() {
	for size := len(t.s.Scenes) / 2; size > 0; size /= 2 {
		for from := 0; from < len(t.s.Scenes); from += size {
			t.try(func(c *Story) { c.Scenes = slices.Delete(c.Scenes, from, min(from+size, len(c.Scenes))) })
		}
	}
	for i, scene := range t.s.Scenes {
		if scene.Rounds() > 1 {
			t.try(func(c *Story) { c.Scenes[i].Times = 0 })
			t.try(func(c *Story) { c.Scenes[i].Times = scene.Times / 2 })
		}
		if scene.Together {
			t.try(func(c *Story) { c.Scenes[i].Together = false })
		}
	}
}

func (t *steps) acts() {
	for i, scene := range t.s.Scenes {
		for size := max(1, len(scene.Acts)/2); size > 0; size /= 2 {
			for from := 0; from < len(scene.Acts); from += size {
				t.try(func(c *Story) {
					acts := c.Scenes[i].Acts
					c.Scenes[i].Acts = slices.Delete(acts, from, min(from+size, len(acts)))
				})
			}
		}
	}
	if t.s.Serve != "" {
		t.try(func(c *Story) { c.Serve = "" })
	}
	if t.s.End != "" {
		t.try(func(c *Story) { c.End = "" })
	}
}

// seats leaves out everybody, one after the other.
func (t *steps) seats() {
	var who []string
	for _, scene := range t.s.Scenes {
		for _, a := range scene.Acts {
			if a.Who != "" && !slices.Contains(who, a.Who) {
				who = append(who, a.Who)
			}
		}
	}
	for _, name := range who {
		t.try(func(c *Story) {
			for i := range c.Scenes {
				c.Scenes[i].Acts = slices.DeleteFunc(c.Scenes[i].Acts, func(a Act) bool { return a.Who == name })
			}
		})
	}
}

// words makes acts simpler, and does one behind the other what is done at once.
func (t *steps) words() {
	for i, scene := range t.s.Scenes {
		for j, a := range scene.Acts {
			if verb, ok := simpler[a.Verb]; ok {
				t.try(func(c *Story) { c.Scenes[i].Acts[j].Verb = verb })
			}
			for text := range shorter(a.Text) {
				t.try(func(c *Story) { c.Scenes[i].Acts[j].Text = text })
			}
			if j+1 < len(scene.Acts) {
				t.try(func(c *Story) {
					later := scene
					later.Acts = slices.Clone(scene.Acts[j+1:])
					c.Scenes[i].Acts = c.Scenes[i].Acts[:j+1]
					c.Scenes = slices.Insert(c.Scenes, i+1, later)
				})
			}
		}
	}
}

// shorter yields text with fewer lines, and then with a line that says less.
func shorter(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		lines := slices.DeleteFunc(bytes.SplitAfter(text, []byte("\n")), func(l []byte) bool { return len(l) == 0 })
		for size := len(lines) / 2; size > 0; size /= 2 {
			for from := 0; from < len(lines); from += size {
				if !yield(bytes.Join(slices.Delete(slices.Clone(lines), from, min(from+size, len(lines))), nil)) {
					return
				}
			}
		}
		for i, line := range lines {
			if bytes.HasSuffix(line, []byte("\n")) && len(line) > 2 {
				c := slices.Clone(lines)
				if c[i] = []byte("a\n"); !yield(bytes.Join(c, nil)) {
					return
				}
			}
		}
	}
}

func (s Story) clone() Story {
	s.Scenes = slices.Clone(s.Scenes)
	for i := range s.Scenes {
		s.Scenes[i].Acts = slices.Clone(s.Scenes[i].Acts)
	}
	return s
}

// Cost orders stories: acts count most, and what is done at once more than what is done in turn.
func (s Story) Cost() (n int) {
	for _, scene := range s.Scenes {
		n += 3*scene.Rounds() + 6*max(0, len(scene.Acts)-1)
		for _, a := range scene.Acts {
			n += 20 + len(a.Text)/10 + 8*bytes.Count(a.Text, []byte("\n"))
			if line, _ := bytes.CutSuffix(a.Text, []byte("\n")); len(a.Text) > 0 && !plain(line) {
				n += 2
			}
			if _, ok := simpler[a.Verb]; ok {
				n++
			}
		}
		if scene.Together {
			n++
		}
	}
	if s.Serve != "" {
		n++
	}
	if s.End != "" {
		n++
	}
	return n
}

// Played leaves out the acts that did nothing when the story was played, and the scenes that were not: did says which acts did, counted from 0 in the
// order of the story.
func (s Story) Played(did func(act int) bool) Story {
	c := s.clone()
	n := -1
	for i := range c.Scenes {
		c.Scenes[i].Acts = slices.DeleteFunc(c.Scenes[i].Acts, func(Act) bool { n++; return !did(n) })
	}
	c.Scenes = slices.DeleteFunc(c.Scenes, func(scene Scene) bool { return len(scene.Acts) == 0 })
	return c
}
