package model

import (
	"bytes"
	"fmt"

	"pgregory.net/rapid"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// Stories draws them. In most of them somebody comes first, and goes in the last scene: nobody else is served.
var Stories = rapid.Custom(func(t *rapid.T) story.Story {
	s := story.Story{
		Serve: rapid.SampledFrom([]string{"", "", "", "room 100", "room 1000", "room 1000", "room 4096"}).Draw(t, "room"),
		End:   rapid.SampledFrom([]string{"", "", "", "fail", "busy", "last"}).Draw(t, "end"),
	}
	if rapid.IntRange(0, 9).Draw(t, "nobody") == 0 {
		return s
	}
	s.Scenes = []story.Scene{entrance.Draw(t, "first")}
	if s.Scenes[0].Acts[0].Verb == "late" && rapid.Bool().Draw(t, "too late") { // the listener closes when Accept has got somebody
		s.Scenes, s.End = append(s.Scenes, story.Scene{Acts: []story.Act{act("down", "")}}), ""
		return bounded(s)
	}
	s.Scenes = append(s.Scenes, rapid.SliceOfN(scenes, 0, 4).Draw(t, "scenes")...)
	if rapid.IntRange(0, 2).Draw(t, "goes") > 0 {
		s.Scenes = append(s.Scenes, farewells.Draw(t, "last")...)
	}
	if s.End == "" && rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "amid") { // the listener closes while a scene plays
		last := &s.Scenes[rapid.SampledFrom([]int{0, len(s.Scenes) - 1}).Draw(t, "at")]
		last.Acts = append(last.Acts, story.Act{Verb: "down"})
	}
	return bounded(s)
})

// bounded cuts what takes too many steps through a small connection.
func bounded(s story.Story) story.Story {
	room := Room(s)
	for _, scene := range s.Scenes {
		for i, a := range scene.Acts {
			if a.Verb == "slow" || a.Verb == "deaf" {
				room = player.Small
			}
			scene.Acts[i].Text = a.Text[:min(len(a.Text), 8*room)]
		}
	}
	return s
}

const seats = 3

func seat(i int) string { return fmt.Sprintf("c%d", i+1) }

func act(verb, who string) story.Act { return story.Act{Verb: verb, Who: who} }

// entrance is the first scene: somebody comes, perhaps others at the same moment, and perhaps it does more than that.
var entrance = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	for i := range rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3}).Draw(t, "people") {
		s.Acts = append(s.Acts, act(rapid.SampledFrom([]string{"connect", "connect", "connect", "connect", "connect", "slow", "deaf"}).Draw(t, "as"), seat(i)))
	}
	if rapid.IntRange(0, 9).Draw(t, "late") == 9 {
		s.Acts[0].Verb = "late"
	}
	if rapid.IntRange(0, 3).Draw(t, "opening") == 0 {
		s.Acts = append(s.Acts, story.Act{Verb: "write", Who: seat(0), Text: []byte(openings.Draw(t, "with"))})
	}
	if rapid.Bool().Draw(t, "more") {
		s.Acts = append(s.Acts, rapid.SliceOfN(acts, 1, 2).Draw(t, "acts")...)
	}
	return s
})

var scenes = rapid.Custom(func(t *rapid.T) story.Scene {
	return story.Scene{
		Acts:     rapid.SliceOfN(acts, 1, 4).Draw(t, "acts"),
		Times:    rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 0, 3}).Draw(t, "times"),
		Together: rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "together"),
	}
})

// farewells are the scenes in which the first client goes: at rest, with its last words, or while the server is in the middle of something.
var farewells = rapid.Custom(func(t *rapid.T) []story.Scene {
	c := seat(0)
	speak := story.Act{Verb: "write", Who: c, Text: texts.Draw(t, "last words")}
	go_ := act(rapid.SampledFrom([]string{"finish", "finish", "leave", "reset"}).Draw(t, "way"), c)
	switch rapid.SampledFrom([]string{"talking", "at once", "stuck", "held", "at rest", "at rest"}).Draw(t, "when") {
	case "talking":
		return []story.Scene{{Acts: []story.Act{speak, go_}}}
	case "at once":
		return []story.Scene{{Acts: []story.Act{speak, go_}, Together: true}}
	case "stuck": // the echo does not fit
		more := speak
		more.Text = bytes.Repeat([]byte("more"), rapid.IntRange(1, 400).Draw(t, "more"))
		return []story.Scene{{Acts: []story.Act{act("stall", c), speak}}, {Acts: []story.Act{more}}, {Acts: []story.Act{go_}}, {Acts: []story.Act{act("read", c)}}}
	case "held": // the server is held
		return []story.Scene{{Acts: []story.Act{act("hold", c), speak}}, {Acts: []story.Act{go_}}, {Acts: []story.Act{act("go", c)}}}
	default:
		return []story.Scene{{Acts: []story.Act{go_}}}
	}
})

var verbs = []string{"write", "write", "write", "write", "write", "write", "write", "write", "drip", "drip", "stall", "stall", "read", "read", "hold", "go", "go",
	"pass", "finish", "leave", "reset", "connect", "alike"}

var acts = rapid.Custom(func(t *rapid.T) story.Act {
	a := act(rapid.SampledFrom(verbs).Draw(t, "verb"), seat(0))
	switch a.Verb {
	case "write":
		a.Text = texts.Draw(t, "text")
	case "drip":
		a.Text = words.Draw(t, "text")
	case "connect", "alike":
		a.Who = seat(rapid.IntRange(1, seats-1).Draw(t, "who"))
	case "pass":
		a.Who = rapid.SampledFrom([]string{"1s", "1m", "24h"}).Draw(t, "time")
	}
	return a
})

// texts are short, or as long as a buffer is, nearly or a little more. Where they are long one can see in them what is missing.
var texts = rapid.Custom(func(t *rapid.T) []byte {
	size := 0
	switch rapid.SampledFrom([]string{"words", "words", "words", "any", "buffer", "buffer", "buffer", "buffers", "round"}).Draw(t, "size") {
	case "words":
		return words.Draw(t, "words")
	case "any":
		size = rapid.IntRange(1, 3000).Draw(t, "bytes")
	case "buffer":
		size = sizes.Draw(t, "buffer") + rapid.SampledFrom([]int{0, 0, 0, -1, 1}).Draw(t, "and")
	case "buffers":
		size = min(4096, sizes.Draw(t, "buffer")) * rapid.SampledFrom([]int{2, 3}).Draw(t, "times")
	case "round":
		size = rapid.SampledFrom([]int{10, 100, 200, 500, 1000, 1500, 2000}).Draw(t, "bytes")
	}
	run := (size-1)/rapid.SampledFrom([]int{1, 2, 3, 7}).Draw(t, "letters") + 1
	var b []byte
	for letter := byte('a'); len(b) < size; letter++ {
		b = append(b, bytes.Repeat([]byte{letter}, min(size-len(b), run))...)
	}
	return b
})

// sizes are those that buffers have.
var sizes = rapid.SampledFrom([]int{16, 32, 64, 128, 256, 256, 512, 512, 512, 1024, 1024, 1024, 2048, 2048, 4096, 4096, 4096, 4096, 4096, 8192, 32 << 10})

// openings are what somebody takes for more than bytes, where they come first.
var openings = rapid.SampledFrom([]string{"\xef\xbb\xbf", "\xef\xbb\xbfhello\n", "\xff\xfeh\x00", "GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\x00\x05", "\xff\xfb\x01", "\x1b[2J", "PROXY TCP4 1.1.1.1 1.1.1.2 7 7\r\n",
	"SSH-2.0-x\r\n", "\n", "\x00", " "})

// words are a few bytes, any.
var words = rapid.OneOf(
	rapid.Map(rapid.SampledFrom([]string{"a", "hello", "hello\n", "two\nlines\n", "\n", "\r\n", "\x00", "\x04", "안녕", "\xff\xfe", "100%d %s", "  spaces ", "exit\n", "quit\r\n"}),
		func(s string) []byte { return []byte(s) }),
	rapid.SliceOfN(rapid.Byte(), 1, 12),
)
