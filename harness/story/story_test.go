package story_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lockstep/harness/story"
)

var some = rapid.Custom(func(t *rapid.T) story.Story {
	word := rapid.StringMatching(`[a-z]{1,6}`).Filter(func(s string) bool {
		return !strings.Contains(" serve times together rest end say ", " "+s+" ")
	})
	act := rapid.Custom(func(t *rapid.T) story.Act {
		a := story.Act{Verb: word.Draw(t, "verb")}
		if rapid.Bool().Draw(t, "somebody") {
			a.Who = word.Draw(t, "who")
			switch rapid.IntRange(0, 3).Draw(t, "text") {
			case 0:
				a.Verb, a.Text = "write", rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "bytes")
			case 1:
				a.Verb, a.Text = "write", []byte(rapid.String().Draw(t, "line")+"\n")
			case 2:
				a.Text = []byte("x" + strings.Repeat(rapid.SampledFrom([]string{"x", "\n", "\"", "é"}).Draw(t, "of"), 100) + "end")
			}
		}
		return a
	})
	scene := rapid.Custom(func(t *rapid.T) story.Scene {
		return story.Scene{
			Times:    rapid.SampledFrom([]int{0, 2, 20}).Draw(t, "times"),
			Together: rapid.Bool().Draw(t, "together"),
			Acts:     rapid.SliceOfN(act, 1, 5).Draw(t, "acts"),
		}
	})
	return story.Story{
		Serve:  rapid.SampledFrom([]string{"", "queue 2"}).Draw(t, "serve"),
		Scenes: rapid.SliceOfN(scene, 1, 4).Draw(t, "scenes"),
		End:    rapid.SampledFrom([]string{"", "fail"}).Draw(t, "end"),
	}
})

func TestAStoryIsReadAsItWasTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := some.Draw(t, "story")
		again, err := story.Parse(s.String())
		require.NoError(t, err, s.String())
		assert.Equal(t, s.String(), again.String())
		assert.Equal(t, sent(s), sent(again))
	})
}

func TestEachStepIsAStoryAndLeavesTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := some.Draw(t, "story")
		before := s.String()
		for shorter := range s.Smaller() {
			_, err := story.Parse(shorter.String())
			require.NoError(t, err)
			assert.NotEqual(t, before, shorter.String())
		}
		assert.Equal(t, before, s.String())
	})
}

// Whatever fails when one act is in it comes down to that act.
func TestAStoryShrinksToWhatItTakes(t *testing.T) {
	s, err := story.Parse("serve queue 2\nconnect a\nslow b\nrest\ntimes 3\ntogether\nwrite a \"one\\ntwo\\nthree\\n\"\nreset b\nask\nrest\nleave a\nend fail\n")
	require.NoError(t, err)
	fails := func(s story.Story) bool { return strings.Contains(s.String(), "two") }
	for again := true; again; {
		again = false
		for shorter := range s.Smaller() {
			if shorter.Cost() < s.Cost() && fails(shorter) {
				s, again = shorter, true
				break
			}
		}
	}
	assert.Equal(t, "say a two\nrest\n", s.String())
}

func TestWhatDidNothingIsLeftOut(t *testing.T) {
	s, err := story.Parse("connect a\nleave b\nrest\nleave b\nrest\nsay a x\nleave a\n")
	require.NoError(t, err)
	assert.Equal(t, "connect a\nrest\nsay a x\nrest\n", s.Played(func(act int) bool { return act == 0 || act == 3 }).String())
}

func TestAStoryThatCannotBeReadNamesItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"connect a\nserve queue 2\n":  `line 2: "serve" stands in front of everything else`,
		"connect a\n\ntimes never\n":  `line 3: "never" is no number from 1 to 1000: how often is the scene played?`,
		"write a x":                   `line 1: x: what is sent stands in quotes, as in Go, and "x"*4096 repeats`,
		`write a "x"*99999999`:        `line 1: *99999999 is no number from 1 to 1048576`,
		`write a "xy"*1048576`:        `line 1: *1048576 is no number from 1 to 1048576`,
		strings.Repeat("ask\n", 1001): "line 1001: a story has at most 1000 acts, and sends at most 1048576 bytes",
	} {
		_, err := story.Parse(text)
		assert.EqualError(t, err, want)
	}
}

func sent(s story.Story) (all []string) {
	for _, scene := range s.Scenes {
		for _, a := range scene.Acts {
			all = append(all, string(a.Text))
		}
	}
	return all
}
