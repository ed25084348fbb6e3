package model

import (
	"bytes"
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"lockstep/harness/story"
)

// Stories draws them. First some enter, or half of the stories would be of empty rooms.
var Stories = rapid.Custom(func(t *rapid.T) story.Story {
	s := story.Story{
		Serve: rapid.SampledFrom([]string{"", "queue 2", "queue 4", "queue 8", "queue 1000"}).Draw(t, "queue"),
		End:   rapid.SampledFrom([]string{"", "", "fail", "busy", "last", "last"}).Draw(t, "end"),
	}
	s.Scenes = append([]story.Scene{entrance.Draw(t, "first")}, rapid.SliceOfN(scenes, 1, 6).Draw(t, "scenes")...)
	if rapid.IntRange(0, 3).Draw(t, "silence") == 3 {
		queue := rapid.SampledFrom([]int{2, 4, 8}).Draw(t, "queue")
		s.Serve = fmt.Sprintf("queue %d", queue)
		s.Scenes = append(s.Scenes, silence(queue).Draw(t, "scenes")...)
	}
	if s.End == "" && rapid.Bool().Draw(t, "amid") { // the listener closes while the last scene plays
		last := &s.Scenes[len(s.Scenes)-1]
		at := len(last.Acts) / 2
		last.Acts = append(last.Acts[:at:at], append([]story.Act{{Verb: "ask"}, {Verb: "down"}, {Verb: "ask"}}, last.Acts[at:]...)...)
	}
	return s
})

const seats = 5

func seat(i int) string { return fmt.Sprintf("c%d", i+1) }

var entrance = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	for i := range rapid.IntRange(1, seats).Draw(t, "people") {
		s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"connect", "connect", "connect", "connect", "connect", "deaf", "deaf", "slow", "slow", "slow", "gripped"}).Draw(t, "as"), Who: seat(i)})
	}
	return s
})

var scenes = rapid.Custom(func(t *rapid.T) story.Scene {
	if rapid.IntRange(0, 4).Draw(t, "crowd") == 4 {
		return crowd.Draw(t, "scene")
	}
	s := story.Scene{
		Acts:     rapid.SliceOfN(acts, 1, 7).Draw(t, "acts"),
		Times:    rapid.SampledFrom([]int{0, 0, 0, 0, 0, 3, 20}).Draw(t, "times"),
		Together: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "together"),
	}
	if rapid.IntRange(0, 2).Draw(t, "farewell") == 2 { // who has spoken goes, in one way or another
		for _, a := range s.Acts {
			if a.Verb == "write" {
				s.Acts = append(s.Acts, rapid.SampledFrom([]story.Act{{Verb: "leave"}, {Verb: "finish"}, tooLong}).Draw(t, "way"))
				s.Acts[len(s.Acts)-1].Who = a.Who
			}
		}
	}
	return s
})

// In a silence somebody reads nothing, or a bit now and then, while another one talks, and rests after each line: one knows how many wait.
func silence(queue int) *rapid.Generator[[]story.Scene] {
	return rapid.Custom(func(t *rapid.T) []story.Scene {
		two := rapid.Permutation([]string{seat(0), seat(1), seat(2), seat(3), seat(4)}).Draw(t, "who")
		deaf, talker := two[0], two[1]
		all := []story.Scene{{Acts: []story.Act{{Verb: "leave", Who: deaf}, {Verb: rapid.SampledFrom([]string{"deaf", "deaf", "deaf", "gripped"}).Draw(t, "as"), Who: deaf}, {Verb: "connect", Who: talker}}}}
		for range rapid.IntRange(1, 3).Draw(t, "bursts") {
			all = append(all,
				story.Scene{Acts: []story.Act{{Verb: "write", Who: talker, Text: []byte(lines.Draw(t, "line"))}},
					Times: rapid.SampledFrom([]int{queue, 2 * queue, 2 * queue}).Draw(t, "times") + rapid.IntRange(-1, 3).Draw(t, "and")},
				story.Scene{Acts: []story.Act{{Verb: rapid.SampledFrom([]string{"sip", "sip", "sip", "read", "go"}).Draw(t, "then"), Who: deaf}}})
		}
		return all
	})
}

// A crowd talks, and one of them goes while it has much to hear.
var crowd = rapid.Custom(func(t *rapid.T) story.Scene {
	s := story.Scene{Together: rapid.Bool().Draw(t, "together")}
	goes := rapid.IntRange(0, seats-1).Draw(t, "who")
	if rapid.Bool().Draw(t, "new") {
		s.Acts = append(s.Acts, story.Act{Verb: "slow", Who: seat(goes)})
	}
	for i := range rapid.IntRange(2, seats-1).Draw(t, "others") {
		who := seat((goes + 1 + i) % seats)
		s.Acts = append(s.Acts, story.Act{Verb: "connect", Who: who}, story.Act{Verb: "write", Who: who, Text: texts.Draw(t, "text")})
	}
	last := rapid.SampledFrom([]story.Act{tooLong, tooLong, {Verb: "leave"}, {Verb: "finish"}, {Verb: "reset"}}).Draw(t, "way")
	last.Who = seat(goes)
	s.Acts = append(s.Acts, last)
	return s
})

var tooLong = story.Act{Verb: "write", Text: []byte(strings.Repeat("x", maxLine+1) + "\n")}

var verbs = []string{"connect", "connect", "connect", "deaf", "deaf", "slow", "gripped", "grip", "write", "write", "write", "write", "write", "write", "write", "write", "drip", "long", "long",
	"finish", "leave", "leave", "reset", "read", "sip", "stall", "hold", "go", "ask", "pass"}

var acts = rapid.Custom(func(t *rapid.T) story.Act {
	a := story.Act{Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Who: seat(rapid.IntRange(0, seats-1).Draw(t, "who"))}
	switch a.Verb {
	case "long": // that a line is too long is rare otherwise
		a.Verb, a.Text = tooLong.Verb, tooLong.Text
	case "write", "drip":
		if a.Text = texts.Draw(t, "text"); len(a.Text) > 200 {
			a.Verb = "write"
		}
	case "ask":
		a.Who = ""
	case "pass":
		a.Who = rapid.SampledFrom([]string{"1s", "1m", "1h"}).Draw(t, "time")
	}
	return a
})

// texts are some lines, and perhaps a piece of one, or one that is too long.
var texts = rapid.Custom(func(t *rapid.T) []byte {
	var b bytes.Buffer
	for range rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3, 4, 12}).Draw(t, "lines") {
		b.WriteString(lines.Draw(t, "line"))
	}
	switch rapid.IntRange(0, 29).Draw(t, "tail") {
	case 29, 28:
		b.WriteString(strings.Repeat("x", maxLine+1) + "\n")
	case 27:
		b.WriteString(strings.Repeat("y", 9000) + "\r\nand on\n")
	case 26, 25, 24:
		b.WriteString("half")
	}
	return b.Bytes()
})

var lines = rapid.Custom(func(t *rapid.T) string {
	if rapid.IntRange(0, 39).Draw(t, "longest") == 39 {
		return strings.Repeat("x", maxLine) + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "ending")
	}
	return words.Draw(t, "words") + rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n"}).Draw(t, "ending")
})

var words = rapid.OneOf(
	rapid.SampledFrom([]string{"a", "b", "hello", "", " two  spaces ", "안녕", "100%d %s", "> New user 127.0.0.1:1 entered (9 users online)", "\t", "ERR line too long"}),
	rapid.Map(rapid.IntRange(1, 99), func(n int) string { return fmt.Sprintf("line %d", n) }),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 6), func(b []byte) string { // any bytes but those of an ending
		return strings.NewReplacer("\n", "n", "\r", "r").Replace(string(b))
	}),
)
