package model

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"lockstep/harness/story"
)

// Stories draws them.
var Stories = rapid.Custom(func(t *rapid.T) story.Story {
	away := rapid.SampledFrom([]string{"", "", "", "1.5s", "1.5s", "1.5s", "2m0s", "-1ns"}).Draw(t, "away")
	serve := ""
	add := func(one string, often int) {
		if rapid.IntRange(0, 99).Draw(t, one) < often {
			serve += " " + one
		}
	}
	if away != "" {
		serve = "away " + away
	}
	after, _ := time.ParseDuration(away)
	if after <= 0 {
		after = 10 * time.Second
	}
	add(rapid.SampledFrom([]string{"buffer 300", "buffer 300", "buffer 1000"}).Draw(t, "size"), 30)
	add("deadline "+rapid.OneOf(about(after), rapid.Just(after/2), rapid.Just(2*after)).Draw(t, "limit").String(), 20)
	add("joined", 50)
	add("lost", 60)
	add("cancelled", 3)
	s := story.Story{
		Serve:  strings.TrimSpace(serve),
		Scenes: rapid.SliceOfN(scenes(after), 1, 6).Draw(t, "scenes"),
		End:    rapid.SampledFrom([]string{"", "", "cancel", "because", "leave", "reset", "reset", "close", "fail", "silent", "silent"}).Draw(t, "end"),
	}
	return s
})

// scenes draws one: some acts, and perhaps an end amid or behind them.
func scenes(after time.Duration) *rapid.Generator[story.Scene] {
	return rapid.Custom(func(t *rapid.T) story.Scene {
		s := story.Scene{
			Acts:     rapid.SliceOfN(acts(after), 1, 6).Draw(t, "acts"),
			Times:    rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 3, 12}).Draw(t, "times"),
			Together: rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "together"),
		}
		s.Acts = torn(t, s.Acts)
		s.Acts = append(s.Acts, quiet(t, after)...)
		if rapid.IntRange(0, 7).Draw(t, "farewell") == 7 {
			ends := rapid.SliceOfN(rapid.SampledFrom(endings), 1, 2).Draw(t, "ends")
			at := len(s.Acts)
			if rapid.Bool().Draw(t, "amid") {
				at /= 2
			}
			s.Acts = append(s.Acts[:at:at], append(ends, s.Acts[at:]...)...)
		}
		return s
	})
}

// quiet lets nobody type for long, perhaps behind a line that was typed, and perhaps twice, or so that what is sent then fails, or does not return before all ends.
func quiet(t *rapid.T, after time.Duration) (acts []story.Act) {
	so, pass := story.Act{Verb: "write", Who: "user", Text: []byte("so\n")}, story.Act{Verb: "pass", Who: (2 * after).String()}
	moment := story.Act{Verb: "pass", Who: "1ms"}
	switch rapid.IntRange(0, 10).Draw(t, "silence") {
	case 4:
		third := story.Act{Verb: "pass", Who: (after / 3).String()}
		return []story.Act{third, {Verb: "write", Who: "server", Text: []byte("hm\n")}, pass}
	case 5:
		return []story.Act{so, pass}
	case 6:
		return []story.Act{pass, so, pass}
	case 7:
		return []story.Act{so, moment, {Verb: "fail", Who: "server"}, pass}
	case 8, 9, 10:
		return []story.Act{so, moment, {Verb: "grip", Who: "server"}, pass, rapid.SampledFrom(endings).Draw(t, "end")}
	}
	return nil
}

var endings = []story.Act{
	{Verb: "finish", Who: "user"}, {Verb: "finish", Who: "user"}, {Verb: "cancel"}, {Verb: "cancel", Who: "because"},
	{Verb: "finish", Who: "server"}, {Verb: "leave", Who: "server"}, {Verb: "leave", Who: "server"}, {Verb: "reset", Who: "server"}, {Verb: "fail", Who: "server"},
}

// torn lets a line come in two pieces, in the middle of a letter perhaps, with what comes at once between them.
func torn(t *rapid.T, acts []story.Act) (all []story.Act) {
	var later []story.Act
	for _, a := range acts {
		if len(a.Text) > 1 && rapid.IntRange(0, 5).Draw(t, "torn") == 5 {
			at := rapid.IntRange(1, min(len(a.Text)-1, 30)).Draw(t, "at")
			b := a
			a.Verb, b.Verb = "write", "write"
			a.Text, b.Text = a.Text[:at:at], a.Text[at:]
			later = append(later, b)
		}
		all = append(all, a)
		if a.Verb == "pass" {
			all, later = append(all, later...), nil
		}
	}
	return append(all, later...)
}

// What is done how often.
var (
	verbs = []string{"type", "type", "type", "type", "type", "type", "say", "say", "say", "say", "say", "pass", "pass", "pass", "pass",
		"screen", "screen", "held", "held", "stall", "grip"}
	both = []string{"user", "server"}
)

// about draws a time at which two things come nearly at once: under schedules, one step takes a microsecond.
func about(after time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(-100, 20), func(n int) time.Duration { return max(1, after+time.Duration(n)*time.Microsecond) })
}

func acts(after time.Duration) *rapid.Generator[story.Act] {
	times := []time.Duration{max(1, after-200*time.Millisecond), after + 200*time.Millisecond, after / 2, after / 3, 2 * after, time.Second, time.Hour}
	return rapid.Custom(func(t *rapid.T) story.Act {
		a := story.Act{Verb: rapid.SampledFrom(verbs).Draw(t, "verb")}
		switch a.Verb {
		case "type":
			a.Verb, a.Who, a.Text = rapid.SampledFrom(ways).Draw(t, "way"), "user", texts(mostTyped).Draw(t, "text")
		case "say":
			a.Verb, a.Who, a.Text = rapid.SampledFrom(ways).Draw(t, "way"), "server", texts(mostSaid).Draw(t, "text")
		case "pass":
			a.Who = rapid.OneOf(about(after), about(after), rapid.SampledFrom(times)).Draw(t, "time").String()
		case "screen":
			a.Verb, a.Who = rapid.SampledFrom([]string{"hold", "go"}).Draw(t, "screen"), "screen"
		case "held":
			a.Verb, a.Who = rapid.SampledFrom([]string{"hold", "go"}).Draw(t, "what"), rapid.SampledFrom(both).Draw(t, "who")
		case "stall":
			a.Verb, a.Who = rapid.SampledFrom([]string{"stall", "read"}).Draw(t, "what"), "server"
		case "grip":
			a.Verb, a.Who = rapid.SampledFrom([]string{"grip", "go"}).Draw(t, "what"), "server"
		}
		if len(a.Text) > 200 {
			a.Verb = strings.Replace(a.Verb, "drip", "write", 1)
		}
		return a
	})
}

var ways = []string{"write", "write", "write", "drip"}

// texts are some lines, and perhaps a piece of one.
func texts(most int) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		var b bytes.Buffer
		for range rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3, 4, 12}).Draw(t, "lines") {
			text := words.Draw(t, "words")
			switch rapid.IntRange(0, 39).Draw(t, "longest") {
			case 39:
				text = strings.Repeat("x", most)
			case 38:
				text = strings.Repeat("안", most/3)
			}
			b.WriteString(text + rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n"}).Draw(t, "ending"))
		}
		if rapid.IntRange(0, 9).Draw(t, "tail") == 9 {
			b.WriteString("half")
		}
		return b.Bytes()
	})
}

var words = rapid.OneOf(
	rapid.SampledFrom([]string{"a", "b", "hello", "", "", " two  spaces ", "\t", "안녕", "100%d %s", you + "hello", "exit", "quit", "/quit", "EOF", "a\rb", "nul\x00", "\ufeffx", "x\u0085",
		"\u2028", "away", "[127.0.0.1:41000] hello", "> New user 127.0.0.1:1 entered (9 users online)"}),
	rapid.Map(rapid.IntRange(1, 99), func(n int) string { return fmt.Sprintf("line %d", n) }),
	rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune("ab é한\u00a0🙂\u200b")), 1, 6, -1), func(s string) string { return s }),
)
