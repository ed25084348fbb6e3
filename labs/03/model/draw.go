package model

import (
	"bytes"
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"lockstep/harness/story"
)

// Stories draws them. First some enter, or half of the stories would be of nobody.
var Stories = rapid.Custom(func(t *rapid.T) story.Story {
	s := story.Story{
		Serve: strings.TrimSpace(rapid.SampledFrom([]string{"", "limit 1", "limit 1", "limit 2", "limit 2", "limit 3", "limit 4"}).Draw(t, "limit") +
			rapid.SampledFrom([]string{"", " asks"}).Draw(t, "asks") + rapid.SampledFrom([]string{"", " logs", " logs"}).Draw(t, "log")),
		End: rapid.SampledFrom([]string{"", "", "", "fail", "last", "last"}).Draw(t, "end"),
	}
	s.Scenes = append([]story.Scene{entrance.Draw(t, "first")}, rapid.SliceOfN(scenes, 1, 6).Draw(t, "scenes")...)
	if s.End == "" && rapid.Bool().Draw(t, "amid") { // the listener closes while the last scene plays
		last := &s.Scenes[len(s.Scenes)-1]
		last.Times = 0
		at := len(last.Acts) / 2
		last.Acts = append(last.Acts[:at:at], append([]story.Act{{Verb: "down"}}, last.Acts[at:]...)...)
	}
	return s
})

const seats = 6

func seat(i int) string { return fmt.Sprintf("c%d", i+1) }

var entrance = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	for i := range rapid.IntRange(1, seats).Draw(t, "people") {
		s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"connect", "connect", "alike"}).Draw(t, "as"), Who: seat(i)})
	}
	if s.Acts[0].Verb == "alike" { // there is nobody yet
		s.Acts[0].Verb = "connect"
	}
	return s
})

var scenes = rapid.Custom(func(t *rapid.T) story.Scene {
	s := story.Scene{
		Acts:     rapid.SliceOfN(acts, 1, 8).Draw(t, "acts"),
		Times:    rapid.SampledFrom([]int{0, 0, 0, 0, 0, 3, 8}).Draw(t, "times"),
		Together: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "together"),
	}
	switch rapid.IntRange(0, 9).Draw(t, "more") {
	case 9: // a crowd, of calls that go on when their clients have left
		s = story.Scene{Times: 20}
		for i := range seats {
			s.Acts = append(s.Acts, story.Act{Verb: "connect", Who: seat(i)}, say(sayWait, i), story.Act{Verb: "leave", Who: seat(i)})
		}
	case 7: // Accept fails, succeeds, and fails again
		s.Times = 2
		who := seat(rapid.IntRange(0, seats-1).Draw(t, "who"))
		s.Acts = append(s.Acts, story.Act{Verb: "leave", Who: who}, story.Act{Verb: "connect", Who: who}, story.Act{Verb: "busy", Who: "7"})
	case 8: // all say the same
		s.Together = true
		word := rapid.SampledFrom(words).Draw(t, "word")
		for i := range seats {
			s.Acts = append(s.Acts, story.Act{Verb: "connect", Who: seat(i)}, say(word, i))
		}
	case 5: // who has spoken goes
		for _, a := range s.Acts {
			if a.Verb == "write" {
				s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"leave", "finish"}).Draw(t, "way"), Who: a.Who})
			}
		}
	case 4: // some come where others go
		for i := range seats {
			s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"leave", "connect", "release"}).Draw(t, "way"), Who: seat(i)})
		}
	}
	return s
})

var verbs = []string{"connect", "connect", "connect", "connect", "alike", "alike", "write", "write", "write", "write", "write", "write", "write", "write", "drip",
	"finish", "leave", "leave", "reset", "stall", "read", "hold", "go", "release", "release", "ask", "ask", "busy", "pass"}

var acts = rapid.Custom(func(t *rapid.T) story.Act {
	i := rapid.IntRange(0, seats-1).Draw(t, "who")
	a := story.Act{Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Who: seat(i)}
	switch a.Verb {
	case "write", "drip":
		a.Text = texts(t, i)
	case "ask":
		a.Who = ""
	case "busy":
		a.Who = fmt.Sprint(rapid.SampledFrom([]int{1, 1, 2, 3, 12, 25}).Draw(t, "errors"))
	case "pass":
		a.Who = rapid.SampledFrom([]string{"50ms", "1s", "10s", "1h"}).Draw(t, "time")
	}
	return a
})

// say is a client's saying a word, with the name of its gate where it is to wait there.
func say(word string, i int) story.Act {
	if word == sayWait || word == sayShut {
		word += " " + seat(i)
	}
	return story.Act{Verb: "write", Who: seat(i), Text: []byte(word + "\n")}
}

// texts are some lines, and perhaps a piece of one.
func texts(t *rapid.T, i int) []byte {
	var b bytes.Buffer
	for range rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3}).Draw(t, "lines") {
		b.Write(say(rapid.SampledFrom(words).Draw(t, "word"), i).Text)
	}
	if rapid.IntRange(0, 5).Draw(t, "tail") == 5 {
		b.WriteString("half")
	}
	return b.Bytes()
}

var words = []string{"hello", "", "100%d", "안녕", sayAsk, sayAsk, sayBye, sayBye, sayClose, sayShut, sayWait, sayWait, sayWait, sayText, sayError, sayIndex}
