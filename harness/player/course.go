package player

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lockstep/harness/labtest"
	"lockstep/harness/norace"
	"lockstep/harness/story"
)

// A Show is what it takes to play stories: [Lab] is one for servers.
type Show struct {
	Draw  *rapid.Generator[story.Story]
	Few   int                                 // how many are played where no schedule decides
	Watch func(t *testing.T) labtest.Observer // nil is labtest.Check
	Stage func(c *Course) Stage
}

// A Stage is where one story is played: the student's code, new, and everybody around it.
type Stage interface {
	Begin()
	Act(a story.Act) (played bool)
	Together(s story.Scene) (open func()) // what is sent in the scene arrives when open is called
	Rest() error                          // all come to rest: is it as it should be? An error is a [Fault]
	Over() bool                           // there is nobody left to play with
	Finale() error                        // ends what has not ended
	LetGo()                               // ends all, whatever is wrong
	Named(text string) string             // puts names for what nobody knows
	Got() string                          // what everybody got, for a message
}

// Play makes t a check that plays stories.
func (s Show) Play(t *testing.T) {
	t.Helper()
	if s.Watch == nil {
		s.Watch = labtest.Check
	}
	wrong := ""
	for told := range labtest.Stories(t, s.Few, s.Draw.Example) {
		c := &Course{Story: told, observer: s.Watch(t)}
		if wrong = c.play(s.Stage(c)); wrong != "" {
			break
		}
	}
	if wrong != "" {
		t.Fatal(wrong)
	}
}

// A Course is how far a story has come.
type Course struct {
	Story story.Story
	Scene int       // how many scenes have begun
	Began time.Time // when this one did

	observer labtest.Observer
	before   map[int]bool // the goroutines that were there when the student's code was started
	did      []bool       // which acts did something, counted through the story
}

// play plays the story, and says what was wrong, "" if nothing was.
func (c *Course) play(s Stage) string {
	races := norace.Errors()
	fault := c.scenes(s)
	told := ""
	if fault != nil {
		told = c.told(s, fault)
	}
	s.LetGo()
	switch {
	case fault != nil:
		return told
	case norace.Errors() > races:
		return "the race came about in this story:\n\n" + indent(c.Story.String())
	}
	return ""
}

func (c *Course) scenes(s Stage) error {
	c.before = c.observer.There()
	s.Begin()
	first := 0
	for _, scene := range c.Story.Scenes {
		for range scene.Rounds() {
			if err := c.scene(s, scene, first); err != nil {
				return err
			}
			if s.Over() {
				return s.Finale()
			}
		}
		first += len(scene.Acts)
	}
	return s.Finale()
}

// scene plays a scene. first is the number of its first act.
func (c *Course) scene(s Stage, scene story.Scene, first int) error {
	c.next()
	open := func() {}
	if scene.Together {
		open = s.Together(scene)
	}
	for i, a := range scene.Acts {
		if n := first + i; s.Act(a) {
			for len(c.did) <= n {
				c.did = append(c.did, false)
			}
			c.did[n] = true
		}
	}
	if scene.Together {
		_ = c.Idle()
		open()
	}
	if s.Over() {
		return nil
	}
	return s.Rest()
}

// next is called when a scene begins.
func (c *Course) next() {
	c.Scene++
	c.Began = time.Now()
}

// Idle waits until the student's code has nothing left to do before somebody acts.
func (c *Course) Idle() error {
	if busy := c.observer.Busy(); busy != "" {
		return Faultf("", "the %s keeps the processor busy, although it has nothing to do but wait\n%s", c.observer.Role(), busy)
	}
	return nil
}

// Pass lets time pass, where it costs nothing.
func (c *Course) Pass(how string) bool {
	d, err := time.ParseDuration(how)
	if err != nil || !timePasses() {
		return false
	}
	_ = c.Idle()
	c.observer.Pass(d)
	return true
}

// Stuck says what the student's goroutines wait for.
func (c *Course) Stuck() string { return c.observer.Stuck() }

// Asleep names a goroutine of the student's that sleeps; "" if none does.
func (c *Course) Asleep() string { return c.observer.Asleep() }

// Left names the student's goroutines that it has started and that are there now, but for those that are in one of these functions.
func (c *Course) Left(but ...any) string { return c.observer.Left(c.before, but...) }

// told is a fault in words: what was wrong, by which rule, the story without what did nothing in it, and what everybody got.
func (c *Course) told(s Stage, fault error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", s.Named(fault.Error()))
	if f, ok := errors.AsType[*Fault](fault); ok && f.Rule != "" {
		fmt.Fprintf(&b, "%s\n", labtest.Rule(f.Rule))
	}
	played := c.Story.Played(func(act int) bool { return act < len(c.did) && c.did[act] })
	fmt.Fprintf(&b, "\nthe story:\n%s\n", indent(played.String()))
	if got := s.Got(); got != "" {
		fmt.Fprintf(&b, "\nwhat they got:\n%s", got)
	}
	return strings.TrimRight(b.String(), "\n")
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
