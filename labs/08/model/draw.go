package model

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"lockstep/harness/story"
)

// Stories draws them: some clients enter and talk, and most of the time the server is shut down amid that, and whoever holds it up gives in or does not.
var Stories = rapid.Custom(func(t *rapid.T) story.Story {
	switch rapid.IntRange(0, 29).Draw(t, "kind") {
	case 29:
		return silence
	case 28, 27, 26: // little happens in front of the end, and so little is in an order
		return story.Story{Scenes: []story.Scene{silence.Scenes[0], shutdown.Draw(t, "shutdown"), relief()}}
	case 2, 3:
		return interruption.Draw(t, "interruption")
	}
	s := story.Story{
		Serve: rapid.SampledFrom([]string{"", "", "", "", "", "", "", "", "", "", "", behind}).Draw(t, "serve"),
		End:   rapid.SampledFrom([]string{"", "", "fail", "busy", "last"}).Draw(t, "end"),
	}
	s.Scenes = append([]story.Scene{entrance.Draw(t, "first")}, rapid.SliceOfN(scenes, 0, 4).Draw(t, "scenes")...)
	if rapid.IntRange(0, 5).Draw(t, "slowness") == 5 {
		s.Scenes = append(s.Scenes, jam.Draw(t, "jam"), relief())
	}
	if rapid.IntRange(0, 3).Draw(t, "shut down") > 0 {
		if rapid.Bool().Draw(t, "jammed") {
			s.Scenes = append(s.Scenes, jam.Draw(t, "jam"))
		}
		s.Scenes = append(s.Scenes, shutdown.Draw(t, "shutdown"))
		if rapid.IntRange(0, 2).Draw(t, "patience") == 0 {
			s.Scenes = append(s.Scenes, story.Scene{Acts: []story.Act{{Verb: "pass", Who: rapid.SampledFrom(pauses).Draw(t, "pause")}}})
		}
		if rapid.IntRange(0, 2).Draw(t, "relief") > 0 {
			s.Scenes = append(s.Scenes, relief())
		}
		s.Scenes = append(s.Scenes, rapid.SliceOfN(aftermath, 0, 3).Draw(t, "aftermath")...)
	}
	if s.End == "" && rapid.Bool().Draw(t, "amid") { // the listener closes while the last scene plays
		last := &s.Scenes[len(s.Scenes)-1]
		at := len(last.Acts) / 2
		last.Acts = slices.Insert(slices.Clone(last.Acts), at, story.Act{Verb: "down"})
	}
	return s
})

// silence is long, and so has few people in it: a server may look for its end twice a second.
var silence = story.Story{Scenes: []story.Scene{
	{Acts: []story.Act{{Verb: "connect", Who: "c1"}}},
	{Acts: []story.Act{{Verb: "pass", Who: "61m"}}},
	{Acts: []story.Act{{Verb: "write", Who: "c1", Text: []byte("hello\n")}}},
	{Acts: []story.Act{{Verb: "shutdown", Who: "patient"}}},
}}

// An interruption is what another one says while somebody does not take its answers: it comes between two of them, not in the middle of one.
var interruption = rapid.Custom(func(t *rapid.T) story.Story {
	answers := bytes.Repeat([]byte("long"), rapid.SampledFrom([]int{maxLine / 4, maxLine / 4, 10, 100, 1000}).Draw(t, "long"))
	answers = bytes.Repeat(append(answers, '\n'), rapid.SampledFrom([]int{3, 2, 1, 4}).Draw(t, "answers"))
	said := bytes.Repeat([]byte("BROADCAST a\n"), rapid.SampledFrom([]int{5, 1, 20, 80}).Draw(t, "lines"))
	return story.Story{Scenes: []story.Scene{
		{Acts: []story.Act{{Verb: "deaf", Who: "c1"}, {Verb: "connect", Who: "c2"}, {Verb: "connect", Who: "c3"}}},
		{Acts: []story.Act{{Verb: "write", Who: "c1", Text: answers}}},
		{Acts: []story.Act{{Verb: "write", Who: "c2", Text: said}, {Verb: "write", Who: "c3", Text: said}}},
		{Acts: []story.Act{{Verb: "read", Who: "c1"}}},
	}}
})

const seats = 5

func seat(i int) string { return fmt.Sprintf("c%d", i+1) }

var entrance = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	for i := range rapid.IntRange(1, seats).Draw(t, "people") {
		s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"connect", "connect", "connect", "deaf", "slow", "alike", "gripped", "late"}).Draw(t, "as"), Who: seat(i)})
	}
	if rapid.IntRange(0, 9).Draw(t, "early") == 9 { // at once with Serve
		at := rapid.IntRange(0, len(s.Acts)).Draw(t, "at")
		s.Acts = slices.Insert(s.Acts, at, ends.Draw(t, "ends"))
	}
	return s
})

// turnover is until there are numbers of two digits, and has an operator who looks.
func turnover(who string) story.Scene {
	return story.Scene{Times: 10, Acts: []story.Act{{Verb: "leave", Who: who}, {Verb: "connect", Who: who}, {Verb: "type", Who: "o1", Text: []byte("list\n")}}}
}

var scenes = rapid.Custom(func(t *rapid.T) story.Scene {
	if rapid.IntRange(0, 14).Draw(t, "turnover") == 14 {
		return turnover(seat(rapid.IntRange(0, seats-1).Draw(t, "who")))
	}
	s := story.Scene{
		Acts:     rapid.SliceOfN(acts, 1, 7).Draw(t, "acts"),
		Times:    rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 3, 8}).Draw(t, "times"),
		Together: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "together"),
	}
	if rapid.IntRange(0, 5).Draw(t, "farewell") == 5 { // who has spoken goes
		for _, a := range s.Acts {
			if a.Verb == "write" {
				s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"leave", "finish"}).Draw(t, "way"), Who: a.Who})
			}
		}
	}
	return s
})

// jam has somebody who does not read what there is for it.
var jam = rapid.Custom(func(t *rapid.T) story.Scene {
	who, other := seat(rapid.IntRange(0, seats-1).Draw(t, "who")), seat(rapid.IntRange(0, seats-1).Draw(t, "other"))
	long := []byte(strings.Repeat("long", rapid.SampledFrom([]int{10, 20, 40, maxLine / 4, maxLine / 4}).Draw(t, "long")) + "\n")
	s := story.Scene{Acts: []story.Act{{Verb: "leave", Who: who}, {Verb: "deaf", Who: who}}}
	switch rapid.IntRange(0, 4).Draw(t, "by") {
	case 0, 1:
		s.Acts = append(s.Acts, story.Act{Verb: "write", Who: who, Text: long})
	case 2:
		s.Acts = append(s.Acts, story.Act{Verb: "connect", Who: other}, story.Act{Verb: "write", Who: other, Text: append([]byte("BROADCAST "), long[max(0, len(long)+len("BROADCAST ")-maxLine-1):]...)})
	case 3, 4:
		s.Acts = append(s.Acts, story.Act{Verb: "write", Who: who, Text: long}, story.Act{Verb: "connect", Who: other},
			story.Act{Verb: "write", Who: other, Text: flood.Draw(t, "flood")})
	}
	return s
})

// shutdown calls it, perhaps several times, while others act.
var shutdown = rapid.Custom(func(t *rapid.T) story.Scene {
	s := story.Scene{Together: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "together")}
	switch rapid.SampledFrom([]string{"", "", "calls", "newcomers"}).Draw(t, "rush") {
	case "calls": // and nothing else
		for range 8 {
			s.Acts = append(s.Acts, ends.Draw(t, "ends"))
		}
		return s
	case "newcomers":
		for i := range 4 {
			s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"connect", "connect", "late"}).Draw(t, "as"), Who: fmt.Sprintf("n%d", i+1)})
			if i == 0 || rapid.Bool().Draw(t, "once more") {
				s.Acts = append(s.Acts, ends.Draw(t, "ends"))
			}
		}
		return s
	}
	s.Acts = rapid.SliceOfN(acts, 0, 5).Draw(t, "acts")
	for range rapid.SampledFrom([]int{1, 1, 2, 4}).Draw(t, "calls") {
		at := rapid.IntRange(0, len(s.Acts)).Draw(t, "at")
		s.Acts = slices.Insert(s.Acts, at, ends.Draw(t, "ends"))
	}
	return s
})

var ends = rapid.Custom(func(t *rapid.T) story.Act {
	if rapid.IntRange(0, 6).Draw(t, "console") == 6 {
		return story.Act{Verb: rapid.SampledFrom([]string{"type", "tap"}).Draw(t, "way"), Who: "o1", Text: []byte("exit\n")}
	}
	return story.Act{Verb: "shutdown", Who: rapid.SampledFrom([]string{"patient", "patient", "patient", "k1", "k1", "k2", "done", "5s", "1m"}).Draw(t, "ctx")}
})

// relief is that nobody holds the server up any more.
func relief() (s story.Scene) {
	for i := range seats {
		s.Acts = append(s.Acts, story.Act{Verb: "go", Who: seat(i)}, story.Act{Verb: "read", Who: seat(i)})
	}
	return s
}

// aftermath is what may happen while a server is ending, or behind that.
var aftermath = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	for range rapid.IntRange(1, 4).Draw(t, "acts") {
		a := story.Act{Who: seat(rapid.IntRange(0, seats-1).Draw(t, "who"))}
		switch a.Verb = rapid.SampledFrom([]string{"shutdown", "shutdown", "cancel", "cancel", "pass", "read", "read", "read", "go", "go", "any"}).Draw(t, "verb"); a.Verb {
		case "shutdown":
			a = ends.Draw(t, "ends")
		case "cancel":
			a.Who = rapid.SampledFrom([]string{"k1", "k1", "k2"}).Draw(t, "ctx")
		case "pass":
			a.Who = rapid.SampledFrom(pauses).Draw(t, "pause")
		case "any":
			a = acts.Draw(t, "act")
		}
		s.Acts = append(s.Acts, a)
	}
	return s
})

var pauses = []string{"100ms", "2s", "6s", "6s", "30s"}

var verbs = []string{"connect", "connect", "connect", "deaf", "slow", "alike", "late", "gripped", "write", "write", "write", "write", "write", "write", "write", "write",
	"write", "drip", "long", "flood", "finish", "leave", "leave", "reset", "read", "read", "stall", "hold", "grip", "go", "go", "ask", "ask", "type", "type", "hangup", "pass"}

var acts = rapid.Custom(func(t *rapid.T) story.Act {
	a := story.Act{Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Who: seat(rapid.IntRange(0, seats-1).Draw(t, "who"))}
	switch a.Verb {
	case "long": // that a line is too long is rare otherwise
		a.Verb, a.Text = "write", []byte(strings.Repeat("x", maxLine+1)+"\n")
	case "flood":
		a.Verb, a.Text = "write", flood.Draw(t, "flood")
	case "write", "drip":
		if a.Text = texts.Draw(t, "text"); len(a.Text) > 200 {
			a.Verb = "write"
		}
	case "ask":
		a.Who = ""
	case "pass":
		a.Who = rapid.SampledFrom(pauses).Draw(t, "pause")
	case "hangup":
		a.Who = operators.Draw(t, "operator")
	case "type":
		a.Verb = rapid.SampledFrom([]string{"type", "type", "tap"}).Draw(t, "way")
		a.Who, a.Text = operators.Draw(t, "operator"), commands.Draw(t, "commands")
	}
	return a
})

var operators = rapid.SampledFrom([]string{"o1", "o1", "o2"})

// flood is more than a queue has room for.
var flood = rapid.Custom(func(t *rapid.T) []byte {
	return bytes.Repeat([]byte(rapid.SampledFrom([]string{"a\n", "BROADCAST a\n", "BROADCAST a\n"}).Draw(t, "line")), rapid.SampledFrom([]int{20, 80, 150}).Draw(t, "lines"))
})

// commands are lines that somebody types.
var commands = rapid.Custom(func(t *rapid.T) []byte {
	var b bytes.Buffer
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "lines") {
		b.WriteString(rapid.SampledFrom([]string{"list", "list", "list", "", "lisst", "LIST", "list all", "exit now", "help", "BROADCAST hello", "안녕", "\x00\xff", "0 clients"}).Draw(t, "command"))
		b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n"}).Draw(t, "ending"))
	}
	return b.Bytes()
})

// texts are some lines, and perhaps a piece of one, or one that is too long.
var texts = rapid.Custom(func(t *rapid.T) []byte {
	var b bytes.Buffer
	for range rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3, 4, 12}).Draw(t, "lines") {
		b.WriteString(lines.Draw(t, "line"))
	}
	switch rapid.IntRange(0, 29).Draw(t, "tail") {
	case 29:
		b.WriteString(strings.Repeat("x", maxLine+1) + "\n")
	case 28:
		b.WriteString(strings.Repeat("y", 9000) + "\r\nand on\n")
	case 27, 26, 25:
		b.WriteString(rapid.SampledFrom([]string{"half", "BROADCAST half", "BROADC"}).Draw(t, "half"))
	}
	return b.Bytes()
})

var lines = rapid.Custom(func(t *rapid.T) string {
	command := rapid.SampledFrom([]string{"", "BROADCAST "}).Draw(t, "command")
	ending := rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n"}).Draw(t, "ending")
	switch rapid.IntRange(0, 29).Draw(t, "special") {
	case 28:
		return ending // an empty line
	case 29:
		return command + strings.Repeat("x", maxLine-len(command)) + ending
	}
	return command + words.Draw(t, "words") + ending
})

var words = rapid.OneOf(
	rapid.SampledFrom([]string{"a", "b", "hello", " two  spaces ", "안녕", "100%d %s", "\t", "BROADCAST", "BROADCASTING now", "broadcast a", "please BROADCAST this",
		"BROADCAST\ttab", "> Server is shutting down", "[1] a", "Echo: a", "ERR line too long", "exit", "list"}),
	rapid.Map(rapid.IntRange(1, 99), func(n int) string { return fmt.Sprintf("line %d", n) }),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 6), func(b []byte) string { // any bytes but those of an ending
		return strings.NewReplacer("\n", "n", "\r", "r").Replace(string(b))
	}),
)
