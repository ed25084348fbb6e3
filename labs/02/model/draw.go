package model

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

// Stories draws them: each client says a few requests, in pieces of any size, and goes in some way, while others wait for their turn.
var Stories = rapid.Custom(func(t *rapid.T) story.Story {
	s := story.Story{
		Serve: rapid.SampledFrom([]string{"", "", "", "room 100", "room 70000"}).Draw(t, "room"),
		End:   rapid.SampledFrom([]string{"", "", "", "fail", "busy", "last"}).Draw(t, "end"),
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3, 4}).Draw(t, "parts") {
		s.Scenes = append(s.Scenes, parts.Draw(t, "part")...)
	}
	if n := len(s.Scenes); n > 0 && s.End == "" && rapid.SampledFrom([]bool{false, false, false, false, true}).Draw(t, "amid") { // the listener closes while a scene plays
		last := &s.Scenes[rapid.SampledFrom([]int{0, n / 2, n - 1}).Draw(t, "at")]
		last.Acts = append(last.Acts, act("down", ""))
	}
	return bounded(s)
})

// bounded leaves out what takes too many steps through a small connection.
func bounded(s story.Story) story.Story {
	room := Room(s)
	for _, scene := range s.Scenes {
		for i, a := range scene.Acts {
			if a.Verb == "slow" || a.Verb == "deaf" {
				room = player.Small
			}
			if len(a.Text) > 200*room {
				scene.Acts[i].Text = a.Text[:200*room]
			}
		}
	}
	return s
}

const seats = 3

func seat(i int) string { return fmt.Sprintf("c%d", i+1) }

func act(verb, who string) story.Act { return story.Act{Verb: verb, Who: who} }

func say(who string, text []byte) story.Act { return story.Act{Verb: "write", Who: who, Text: text} }

// parts are some scenes: somebody comes, if that seat is free, and says something. Others may do something at any moment.
var parts = rapid.Custom(func(t *rapid.T) []story.Scene {
	c := seat(rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "who"))
	scenes := []story.Scene{{Acts: []story.Act{act(rapid.SampledFrom([]string{"connect", "connect", "connect", "connect", "slow", "deaf"}).Draw(t, "as"), c)}}}
	for range rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "times") {
		scenes = append(scenes, speeches(c).Draw(t, "speech")...)
	}
	way := rapid.SampledFrom([]string{"finish", "finish", "leave", "reset", "", ""}).Draw(t, "way")
	if last := &scenes[len(scenes)-1]; way != "" && rapid.Bool().Draw(t, "at once") {
		last.Acts = append(last.Acts, act(way, c))
	} else if way != "" {
		scenes = append(scenes, story.Scene{Acts: []story.Act{act(way, c)}})
	}
	if len(scenes) > 1 && rapid.Bool().Draw(t, "quick") { // it speaks as soon as it has come
		scenes[1].Acts = append(scenes[0].Acts, scenes[1].Acts...)
		scenes = scenes[1:]
	}
	if rapid.Bool().Draw(t, "others") {
		at := &scenes[rapid.IntRange(0, len(scenes)-1).Draw(t, "at")]
		at.Acts = slices.Concat(at.Acts, rapid.SliceOfN(others, 1, 3).Draw(t, "others do"))
	}
	return scenes
})

// speeches are some requests: whole, byte by byte, cut anywhere, or cut off.
func speeches(c string) *rapid.Generator[[]story.Scene] {
	return rapid.Custom(func(t *rapid.T) []story.Scene {
		text := bytes.Join(rapid.SliceOfN(requests, 1, 4).Draw(t, "requests"), nil)
		if rapid.IntRange(0, 7).Draw(t, "anew") == 0 {
			text = anew.Draw(t, "requests")
		}
		one := func(acts ...story.Act) []story.Scene { return []story.Scene{{Acts: acts}} }
		how := rapid.SampledFrom([]string{"whole", "whole", "whole", "drip", "cut", "cut", "cut", "cut off", "stalled", "stalled", "held"}).Draw(t, "how")
		switch {
		case how == "drip" && len(text) < 300:
			return one(story.Act{Verb: "drip", Who: c, Text: text})
		case how == "cut": // and the rest may come at once, or when all have come to rest
			at := cut(t, text)
			if rapid.SampledFrom([]bool{false, true, true}).Draw(t, "rest") {
				return slices.Concat(one(say(c, text[:at])), one(say(c, text[at:])))
			}
			return one(say(c, text[:at]), say(c, text[at:]))
		case how == "cut off":
			return one(say(c, text[:cut(t, text)]))
		case how == "stalled":
			return slices.Concat(one(act("stall", c), say(c, text)), one(act(rapid.SampledFrom([]string{"read", "read", "leave", "reset", "finish"}).Draw(t, "then"), c)))
		case how == "held":
			return slices.Concat(one(act("hold", c)), one(say(c, text)), one(act("go", c)))
		}
		if len(text) > 500 {
			return one(say(c, text))
		}
		return []story.Scene{{Acts: []story.Act{say(c, text)}, Times: rapid.SampledFrom([]int{0, 0, 0, 3, 12}).Draw(t, "again")}}
	})
}

// cut is a place within text, more often at the edge of a part of it.
func cut(t *rapid.T, text []byte) int {
	if at := bytes.IndexByte(text, '\n'); at >= 0 && rapid.Bool().Draw(t, "at an edge") {
		return min(len(text), max(0, at+rapid.SampledFrom([]int{-1, 0, 1, 2, 8, 9, 10}).Draw(t, "near")))
	}
	return rapid.IntRange(0, len(text)).Draw(t, "cut")
}

var others = rapid.Custom(func(t *rapid.T) story.Act {
	a := act(rapid.SampledFrom([]string{"connect", "connect", "alike", "write", "write", "finish", "leave", "leave", "reset", "stall", "read", "hold", "go", "pass"}).Draw(t, "verb"),
		seat(rapid.SampledFrom([]int{0, 1, 1, 2, 2}).Draw(t, "who")))
	switch a.Verb {
	case "write":
		a.Text = requests.Draw(t, "request")
	case "pass":
		a.Who = rapid.SampledFrom([]string{"1s", "1m", "24h"}).Draw(t, "time")
	}
	return a
})

// requests are good ones, mostly.
var requests = rapid.Custom(func(t *rapid.T) []byte {
	ending := rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n"}).Draw(t, "ending")
	switch rapid.SampledFrom([]string{"PUT", "PUT", "PUT", "PUT", "PUT", "PUT", "GET", "GET", "GET", "GET", "GET", "LIST", "LIST", "LIST",
		"nonsense", "nonsense", "long", "bad frame"}).Draw(t, "request") {
	case "PUT":
		data, name := contents.Draw(t, "data"), names.Draw(t, "name")
		if strings.HasSuffix(name, "\r") {
			ending = "\r\n" // or the last one would be part of it
		}
		return fmt.Appendf(nil, "PUT %s%s"+rapid.SampledFrom([]string{"%08x", "%08x", "%08X"}).Draw(t, "digits")+"%s", name, ending, len(data), data)
	case "GET":
		return []byte("GET " + names.Draw(t, "name") + ending)
	case "LIST":
		return []byte("LIST" + ending)
	case "nonsense":
		return []byte(nonsense.Draw(t, "line") + ending)
	case "long":
		line := "GET " + strings.Repeat("x", maxLine-4+rapid.SampledFrom([]int{0, 0, 1, 1, 2, 1000, 6000}).Draw(t, "more"))
		return []byte(line + rapid.SampledFrom([]string{ending, ending, ""}).Draw(t, "end"))
	default:
		return []byte("PUT " + names.Draw(t, "name") + ending + rapid.SampledFrom([]string{"00100001", "ffffffff", "80000000", "0010000000000005hello", "+0000005hello", "-0000005hello",
			"0x000005hello", "       5hello", "5       hello", "0000_005hello", "5\r\nhello, hello", "0000000ghello", "0000000\nLIST\n", "hello, world\nLIST\n"}).Draw(t, "header"))
	}
})

// anew is a file that is stored more than once, as long as before, and asked for each time.
var anew = rapid.Custom(func(t *rapid.T) (text []byte) {
	name := rapid.SampledFrom([]string{"a.txt", "b.txt", "c", "empty"}).Draw(t, "name")
	for _, data := range rapid.Permutation([]string{"hello", "world", "again"}).Draw(t, "contents") {
		text = fmt.Appendf(text, "PUT %s\n%08x%sGET %s\n", name, len(data), data, name)
	}
	return text
})

var nonsense = rapid.OneOf(
	rapid.SampledFrom([]string{"", "HELLO", " ", "   ", "\t", "get a.txt", "GET", "GETa.txt", "LISTEN", "LIST a", "list", " LIST", "GET\ta.txt", "DELETE a.txt", "OK", "\x00", "안녕", "\r", "00000005hello", "QUIT"}),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 6), func(b []byte) string { return "?" + strings.ReplaceAll(string(b), "\n", "n") }),
)

// names are few, so that a file is stored more than once. Some are none.
var names = rapid.OneOf(
	rapid.SampledFrom([]string{"a.txt", "a.txt", "b.txt"}),
	rapid.SampledFrom([]string{"a.txt", "b.txt", "c", "empty"}),
	rapid.SampledFrom(portable([]string{"two words.txt", " two  more ", "편지.txt", "100%d %s", "LIST", "-rf", "~", "a.txt.tmp", "a.txt~", "a..b", "Z", strings.Repeat("n", 100), "OK 5",
		strings.Repeat("é", 100), strings.Repeat("m", 255), strings.Repeat("m", 256), "\xff\xfe", "tab\there", "nul\x00", "नमस्ते.txt", "e\u0301.txt", "नमस्ते.txt", "e\u0301.txt", "b.txt\r", "b.txt\r", "a.txt\r\r"})),
	rapid.SampledFrom([]string{link, link, large, inner, inner, "missing", "missing"}),
	rapid.SampledFrom([]string{".", "..", hidden, ".incoming", "../" + secret, "/etc/passwd", inner + "/inner.txt", inner + "/../a.txt", "./a.txt", "a.txt/", `a\b`, `..\` + secret}),
)

// portable leaves out names that some systems take for others.
func portable(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return runtime.GOOS == "windows" && odd(name) })
}

// contents are as long as buffers are, nearly or a little more, and may look like requests.
var contents = rapid.Custom(func(t *rapid.T) []byte {
	size := 0
	switch rapid.SampledFrom([]string{"words", "words", "words", "any", "buffer", "buffer", "large"}).Draw(t, "size") {
	case "words":
		return []byte(rapid.SampledFrom([]string{"", "x", "\n", "hello", "hello\n", "LIST\n", "GET a.txt\nLIST\n", "00000005hello", "\r\n", "\x00\xff", "안녕", "OK\n"}).Draw(t, "words"))
	case "any":
		return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")
	case "buffer":
		size = rapid.SampledFrom([]int{16, 64, 256, 512, 1024, 1024, 2048, 4096, 4096, 4096, 5000, 8192, 32 << 10}).Draw(t, "buffer") + rapid.SampledFrom([]int{0, 0, -1, 1}).Draw(t, "and")
	case "large":
		size = rapid.SampledFrom([]int{1, 100, 2000, 3000, 10_000, 20_000, 70_000}).Draw(t, "bytes")
	}
	run := (size-1)/rapid.SampledFrom([]int{1, 2, 3, 7}).Draw(t, "letters") + 1
	var b []byte
	for letter := byte('a'); len(b) < size; letter++ {
		b = append(b, bytes.Repeat([]byte{letter}, min(size-len(b), run))...)
	}
	return b
})
