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
	s := story.Story{End: rapid.SampledFrom([]string{"", "", "last"}).Draw(t, "end")}
	s.Scenes = append([]story.Scene{entrance.Draw(t, "first")}, rapid.SliceOfN(scenes, 1, 6).Draw(t, "scenes")...)
	if s.End == "" && rapid.Bool().Draw(t, "amid") { // the listener closes while the last scene plays
		last := &s.Scenes[len(s.Scenes)-1]
		at := len(last.Acts) / 2
		last.Acts = append(last.Acts[:at:at], append([]story.Act{{Verb: "down"}}, last.Acts[at:]...)...)
	}
	return s
})

const seats = 6

func seat(i int) string { return fmt.Sprintf("c%d", i+1) }

var connects = []string{"connect", "connect", "connect", "alike", "slow"}

var entrance = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	for i := range rapid.IntRange(1, seats).Draw(t, "people") {
		s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom(connects).Draw(t, "as"), Who: seat(i)})
	}
	if s.Acts[0].Verb == "alike" { // there is nobody yet
		s.Acts[0].Verb = "connect"
	}
	return s
})

var scenes = rapid.Custom(func(t *rapid.T) story.Scene {
	s := story.Scene{
		Times:    rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 3}).Draw(t, "times"),
		Together: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "together"),
	}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 5: // all who can send a file do
		for i := range rapid.IntRange(2, seats).Draw(t, "people") {
			s.Acts = append(s.Acts, visit(t, i)...)
		}
	case 4: // something goes wrong meanwhile
		s.Acts = append(s.Acts, trouble(t), trouble(t))
		for range rapid.IntRange(1, 3).Draw(t, "people") {
			s.Acts = append(s.Acts, visit(t, rapid.IntRange(0, seats-1).Draw(t, "who"))...)
		}
	default:
		s.Acts = rapid.SliceOfN(acts, 1, 8).Draw(t, "acts")
	}
	return s
})

// visit is a client who comes, if it is not there, sends a file, and waits for the answer.
func visit(t *rapid.T, i int) []story.Act {
	return []story.Act{
		{Verb: "connect", Who: seat(i)},
		{Verb: "write", Who: seat(i), Text: append([]byte("SEND\n"), files(t)...)},
		{Verb: "finish", Who: seat(i)},
	}
}

func trouble(t *rapid.T) story.Act {
	what := rapid.SampledFrom([]string{"open", "write", "close", "short"}).Draw(t, "what")
	if what != "short" && rapid.IntRange(0, 3).Draw(t, "held") == 3 {
		return story.Act{Verb: "keep", Who: what}
	}
	return story.Act{Verb: "fail", Who: what}
}

var verbs = []string{"connect", "connect", "connect", "alike", "slow", "command", "command", "command", "command", "wrong", "file", "file", "file", "drip",
	"finish", "finish", "finish", "finish", "leave", "reset", "reset", "stall", "read", "hold", "grip", "go", "go", "trouble", "release", "release", "pass"}

var acts = rapid.Custom(func(t *rapid.T) story.Act {
	a := story.Act{Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Who: seat(rapid.IntRange(0, seats-1).Draw(t, "who"))}
	switch a.Verb {
	case "command":
		a.Verb, a.Text = "write", []byte(rapid.SampledFrom([]string{"SEND\n", "SEND\n", "SEND\r\n", "SE", "SEND\nSEND\n", "SEND\nfile\n"}).Draw(t, "command"))
	case "wrong":
		a.Verb, a.Text = "write", []byte(rapid.SampledFrom(wrongs).Draw(t, "command"))
	case "file":
		a.Verb, a.Text = "write", files(t)
	case "drip":
		a.Text = []byte(rapid.SampledFrom([]string{"SEND\n", "SEND\r\nab", "ND\n", "xyz", "\n"}).Draw(t, "text"))
	case "trouble":
		return trouble(t)
	case "release":
		a.Who = ""
	case "pass":
		a.Who = rapid.SampledFrom([]string{"50ms", "1s", "10s", "1h"}).Draw(t, "time")
	}
	return a
})

// wrongs are no commands, however close.
var wrongs = []string{"send\n", "SEND \n", " SEND\n", "SENDS\n", "SEND file\n", "\n", "\r\n", "SEND\r\r\n", "SEND\x00\n", "안녕\n", "PUT\nSEND\n", "OK 3\n",
	strings.Repeat("x", maxLine) + "\n", strings.Repeat("x", maxLine) + "\r\n", strings.Repeat("x", maxLine+1) + "\n", strings.Repeat("x", maxLine+1) + "\r\n",
	strings.Repeat("y", 9000), strings.Repeat("S", maxLine+2) + "\nSEND\n"}

// files are what a client sends behind its command: mostly little, any bytes, and some that are larger than a buffer.
func files(t *rapid.T) []byte {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "bytes")
	case 2, 3:
		size := rapid.SampledFrom([]int{511, 512, 4090, 4096, 4097, 9000, 20_000}).Draw(t, "size")
		return bytes.Repeat([]byte{byte(rapid.IntRange('a', 'z').Draw(t, "of"))}, size)
	case 4:
		return []byte(rapid.SampledFrom([]string{"\n", "SEND\n", "OK 3\n", "100%d\n", "\x00", "\r\n"}).Draw(t, "text"))
	}
	return fmt.Appendf(nil, "file %d\n", rapid.IntRange(1, 99).Draw(t, "number"))
}
