package model

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"lockstep/harness/story"
	"lockstep/labs/07/hasher"
)

// Stories draws them. First some connect, and some accounts are made, or half of the stories would be of strangers.
var Stories = rapid.Custom(func(t *rapid.T) story.Story {
	s := story.Story{
		Serve: rapid.SampledFrom([]string{"", "", "hash 3000", large, large, large, "silent", "twice"}).Draw(t, "serve"),
		End:   rapid.SampledFrom([]string{"", "", "", "fail", "busy", "last"}).Draw(t, "end"),
	}
	s.Scenes = append(s.Scenes, entrance.Draw(t, "first"))
	if rapid.IntRange(0, 9).Draw(t, "accounts?") > 0 {
		s.Scenes = append(s.Scenes, story.Scene{Acts: []story.Act{says(seat(0), "REGISTER amira "+password+"\nREGISTER ben "+password+"\n")}})
	}
	if s.Serve == large {
		s.Scenes = append(s.Scenes, growth.Draw(t, "growth"))
	}
	for _, more := range rapid.SliceOfN(parts, 3, 8).Draw(t, "parts") {
		s.Scenes = append(s.Scenes, more...)
	}
	if s.End == "" && rapid.Bool().Draw(t, "amid") { // the listener closes while the last scene plays
		last := &s.Scenes[len(s.Scenes)-1]
		at := len(last.Acts) / 2
		last.Acts = slices.Insert(slices.Clone(last.Acts), at, story.Act{Verb: "down"})
	}
	return s
})

// large is with hashes so long that the database's file has to grow soon.
const large = "hash 9000"

const seats = 5

func seat(i int) string { return fmt.Sprintf("c%d", i+1) }

func says(who, text string) story.Act { return story.Act{Verb: "write", Who: who, Text: []byte(text)} }

var someone = rapid.Map(rapid.IntRange(0, seats-1), seat)

var entrance = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	for i := range rapid.IntRange(2, seats).Draw(t, "people") {
		s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"connect", "connect", "connect", "connect", "slow", "deaf"}).Draw(t, "as"), Who: seat(i)})
	}
	return s
})

// parts are one scene or a few that belong together.
var parts = rapid.Custom(func(t *rapid.T) []story.Scene {
	switch rapid.IntRange(0, 27).Draw(t, "part") {
	case 0, 1, 2, 3, 4, 5:
		return []story.Scene{mixed.Draw(t, "mixed")}
	case 6, 7, 8:
		return []story.Scene{crowd.Draw(t, "crowd")}
	case 9, 10:
		return frozen.Draw(t, "frozen")
	case 11:
		return busy.Draw(t, "busy")
	case 12:
		return doubtful.Draw(t, "doubtful")
	case 13, 14, 15:
		return parting.Draw(t, "parting")
	case 16, 17, 18, 19:
		return turns.Draw(t, "turns")
	case 20, 21:
		return []story.Scene{limits.Draw(t, "limits")}
	case 22, 23:
		return []story.Scene{growth.Draw(t, "growth")}
	}
	return variants.Draw(t, "variants")
})

var mixed = rapid.Custom(func(t *rapid.T) story.Scene {
	s := story.Scene{
		Acts:     rapid.SliceOfN(acts, 1, 7).Draw(t, "acts"),
		Times:    rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 3, 6}).Draw(t, "times"),
		Together: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "together"),
	}
	if slices.ContainsFunc(s.Acts, func(a story.Act) bool { return a.Verb == "freeze" }) {
		s.Times = 0 // those who wait for the hasher would become too many to think about
	}
	return s
})

// crowd is several who want the same at once.
var crowd = rapid.Custom(func(t *rapid.T) story.Scene {
	s := story.Scene{Together: rapid.Bool().Draw(t, "together")}
	user := users.Draw(t, "user")
	what := rapid.SampledFrom([]string{"REGISTER", "LOGIN", "LOGIN", "both"}).Draw(t, "what")
	if what != "LOGIN" && rapid.IntRange(0, 2).Draw(t, "free") > 0 { // nobody has it yet, most likely
		user = rapid.SampledFrom([]string{"carl", "dora", "emil"}).Draw(t, "name")
	}
	for i := range rapid.IntRange(2, seats).Draw(t, "people") {
		text := fmt.Sprintf("LOGIN %s %s\n", user, rapid.SampledFrom([]string{password, password, password, "battery-staple"}).Draw(t, "tried"))
		if what == "REGISTER" || what == "both" && i%2 == 0 {
			text = fmt.Sprintf("REGISTER %s %s\n", user, rapid.SampledFrom([]string{password, "battery-staple", "a-drop-of-" + hasher.Poison, fmt.Sprintf("password-of-%d", i)}).Draw(t, "password"))
		}
		if rapid.Bool().Draw(t, "out") {
			text = "LOGOUT\n" + text
		}
		if rapid.IntRange(0, 3).Draw(t, "more") == 0 {
			text += rapid.SampledFrom([]string{"LOGOUT\n", fmt.Sprintf("LOGIN %s %s\n", user, password)}).Draw(t, "next")
		}
		s.Acts = append(s.Acts, says(seat(i), text))
	}
	if rapid.IntRange(0, 3).Draw(t, "call") == 0 {
		s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"register", "login"}).Draw(t, "verb"), Who: user, Text: []byte(password)})
	}
	if rapid.IntRange(0, 3).Draw(t, "asked") == 0 {
		s.Acts = append(s.Acts, story.Act{Verb: "ask"})
	}
	return s
})

// doubtful is somebody who registers, and nobody knows yet whether it will work out, while another one wants the same.
var doubtful = rapid.Custom(func(t *rapid.T) []story.Scene {
	user := rapid.SampledFrom([]string{"dora", "emil", "carl", "amira"}).Draw(t, "user")
	says := func(i int, verb, secret string) story.Scene {
		return story.Scene{Acts: []story.Act{{Verb: "connect", Who: seat(i)}, says(seat(i), fmt.Sprintf("LOGOUT\n%s %s %s\n", verb, user, secret))}}
	}
	return []story.Scene{
		{Acts: []story.Act{{Verb: "freeze", Who: rapid.SampledFrom([]string{"both", "hash"}).Draw(t, "how")}}},
		says(0, "REGISTER", rapid.SampledFrom([]string{"a-drop-of-" + hasher.Poison, password}).Draw(t, "first")),
		says(1, rapid.SampledFrom([]string{"REGISTER", "REGISTER", "LOGIN"}).Draw(t, "verb"), password),
		{Acts: []story.Act{{Verb: "thaw"}}},
		says(2, "LOGIN", password),
	}
})

// busy is several who want different things that take a hash, which is held, and others who come meanwhile.
var busy = rapid.Custom(func(t *rapid.T) []story.Scene {
	free := rapid.Permutation([]string{"amira1", "amira2", "ben1", "dora", "emil"}).Draw(t, "free")
	wants := func(n int) string {
		if rapid.Bool().Draw(t, "new") {
			return fmt.Sprintf("LOGOUT\nREGISTER %s %s\n", free[n], password)
		}
		return fmt.Sprintf("LOGOUT\nLOGIN %s %s\n", rapid.SampledFrom([]string{"amira", "ben"}).Draw(t, "user"), password)
	}
	first := story.Scene{Acts: []story.Act{{Verb: "freeze", Who: rapid.SampledFrom([]string{"hash", "matches", "matches", "both"}).Draw(t, "how")}}}
	n := rapid.IntRange(1, 3).Draw(t, "people")
	for i := range n {
		first.Acts = append(first.Acts, story.Act{Verb: "connect", Who: seat(i)}, says(seat(i), wants(i)))
	}
	var others story.Scene
	for i := n; i < seats; i++ {
		others.Acts = append(others.Acts, story.Act{Verb: "connect", Who: seat(i)}, says(seat(i), wants(i)))
	}
	return []story.Scene{first, others, {Acts: []story.Act{{Verb: "ask"}, {Verb: "thaw"}}}}
})

// limits are names and passwords that are just valid, or just not.
var limits = rapid.Custom(func(t *rapid.T) story.Scene {
	var s story.Scene
	who := someone.Draw(t, "who")
	text := "LOGOUT\n"
	for i := range rapid.IntRange(2, 5).Draw(t, "attempts") {
		user, secret := fmt.Sprintf("limit%d", i), password
		switch rapid.IntRange(0, 4).Draw(t, "which") {
		case 0:
			secret = "salad-with-" + hasher.Poison
		case 1, 2:
			user = rapid.SampledFrom(append(wrong, names...)).Draw(t, "user")
		default:
			secret = limit.Draw(t, "password")
		}
		if rapid.IntRange(0, 3).Draw(t, "called") == 0 && user != "" {
			s.Acts = append(s.Acts, story.Act{Verb: "register", Who: user, Text: []byte(secret)})
			continue
		}
		text += fmt.Sprintf("REGISTER %s %s\nLOGIN %s %s\nLOGOUT\n", user, secret, user, secret)
		if rapid.IntRange(0, 3).Draw(t, "again") == 0 {
			text += fmt.Sprintf("REGISTER %s %s\n", user, password)
		}
	}
	s.Acts = append(s.Acts, story.Act{Verb: "connect", Who: who}, says(who, text))
	return s
})

// frozen is what happens while the hasher takes its time.
var frozen = rapid.Custom(func(t *rapid.T) []story.Scene {
	how := rapid.SampledFrom([]string{"hash", "matches", "both", "both"}).Draw(t, "how")
	first := rapid.OneOf(crowd, mixed).Draw(t, "scene")
	first.Times = 0
	first.Acts = append([]story.Act{{Verb: "freeze", Who: how}}, first.Acts...)
	all := []story.Scene{first}
	for range rapid.IntRange(0, 2).Draw(t, "scenes") {
		more := mixed.Draw(t, "meanwhile")
		more.Times = 0
		all = append(all, more)
	}
	return append(all, story.Scene{Acts: []story.Act{{Verb: "thaw"}}})
})

// parting is somebody who logs in and goes, and another one, or the same again, who logs in as the same user.
var parting = rapid.Custom(func(t *rapid.T) []story.Scene {
	who, other, user := someone.Draw(t, "who"), someone.Draw(t, "other"), accounts.Draw(t, "user")
	in := fmt.Sprintf("LOGIN %s %s\n", user, password)
	when := rapid.SampledFrom([]string{"at once", "later", "behind the other"}).Draw(t, "when")
	first := story.Scene{Acts: []story.Act{{Verb: "connect", Who: who}}}
	text := "LOGOUT\n" + in
	if when == "behind the other" {
		text += rapid.SampledFrom([]string{"", "LOGOUT\n", "LOGOUT\n", "LOGOUT\n", "LOGOUT\n" + in, "half"}).Draw(t, "and")
	} else {
		text += rapid.SampledFrom([]string{"", "", "LOGOUT\n", "hello\n", "half"}).Draw(t, "and")
		if way := rapid.SampledFrom([]string{"", "", "grip", "hold", "freeze", "stall"}).Draw(t, "way"); way == "freeze" {
			first.Acts = append(first.Acts, story.Act{Verb: way, Who: "both"})
		} else if way != "" {
			first.Acts = append(first.Acts, story.Act{Verb: way, Who: who})
		}
	}
	first.Acts = append(first.Acts, says(who, text))
	last := story.Scene{Acts: []story.Act{{Verb: "connect", Who: other}, says(other, "LOGOUT\n"+in)}}
	going := story.Act{Verb: rapid.SampledFrom([]string{"leave", "reset", "finish", "long"}).Draw(t, "going"), Who: who}
	if going.Verb == "long" {
		going = says(who, strings.Repeat("x", maxLine+1)+"\n")
	}
	all := []story.Scene{ready(who, other), first}
	switch when {
	case "at once":
		all[1].Acts = append(all[1].Acts, going)
	case "later":
		all = append(all, story.Scene{Acts: []story.Act{going}})
	default:
		return append(all, last, story.Scene{Acts: []story.Act{going}}, last)
	}
	return append(all, ready(who), last)
})

// ready lets the server, and clients, go on.
func ready(who ...string) (s story.Scene) {
	s.Acts = append(s.Acts, story.Act{Verb: "thaw"})
	for _, name := range who {
		s.Acts = append(s.Acts, story.Act{Verb: "go", Who: name}, story.Act{Verb: "read", Who: name})
	}
	return s
}

// turns is two who are the same user, one after the other.
var turns = rapid.Custom(func(t *rapid.T) []story.Scene {
	user := accounts.Draw(t, "user")
	in := fmt.Sprintf("LOGIN %s %s\n", user, password)
	all := []story.Scene{ready(seat(0), seat(1)), {Acts: []story.Act{
		{Verb: "connect", Who: seat(0)}, {Verb: "connect", Who: seat(1)}, says(seat(0), "LOGOUT\n"+in), says(seat(1), "LOGOUT\n"),
	}}}
	for range rapid.IntRange(3, 7).Draw(t, "turns") {
		who := seat(rapid.IntRange(0, 1).Draw(t, "whose"))
		var s story.Scene
		switch n := rapid.IntRange(0, 11).Draw(t, "turn"); {
		case n < 4:
			s.Acts = append(s.Acts, says(who, in))
		case n < 7:
			s.Acts = append(s.Acts, says(who, "LOGOUT\n"))
		case n < 8:
			s.Acts = append(s.Acts, says(who, rapid.SampledFrom([]string{"LOGOUT\n" + in, in + "LOGOUT\n", "LOGOUT now\nLOGOUT \n", in + " LOGOUT\nlogout\n"}).Draw(t, "lines")))
		case n < 10:
			s.Acts = append(s.Acts, story.Act{Verb: rapid.SampledFrom([]string{"leave", "reset", "finish"}).Draw(t, "way"), Who: who})
			all = append(all, s)
			s = story.Scene{Acts: []story.Act{{Verb: "connect", Who: who}}}
		default: // whoever is told something may look whether it is so
			s.Acts = append(s.Acts, story.Act{Verb: "grip", Who: who}, says(who, rapid.SampledFrom([]string{in, "LOGOUT\n", "LOGOUT\n"}).Draw(t, "gripped")))
			all = append(all, s)
			s = story.Scene{Acts: []story.Act{{Verb: "go", Who: who}}}
		}
		all = append(all, s)
	}
	return all
})

// growth is several who register anew, while others log in: the database's file grows.
var growth = rapid.Custom(func(t *rapid.T) story.Scene {
	s := story.Scene{Together: rapid.Bool().Draw(t, "together")}
	for i := range seats {
		text := "LOGOUT\n"
		for range rapid.IntRange(1, 2).Draw(t, "lines") {
			if rapid.Bool().Draw(t, "new") {
				text += fmt.Sprintf("REGISTER new%d %s\n", rapid.IntRange(0, 9).Draw(t, "name"), password)
			} else {
				text += fmt.Sprintf("LOGIN %s %s\nLOGOUT\n", accounts.Draw(t, "user"), password)
			}
		}
		s.Acts = append(s.Acts, story.Act{Verb: "connect", Who: seat(i)}, says(seat(i), text))
	}
	return s
})

// variants are names and passwords that are nearly those of an account.
var variants = rapid.Custom(func(t *rapid.T) []story.Scene {
	who, user, secret := someone.Draw(t, "who"), rapid.SampledFrom(append([]string{"dora", "emil"}, names...)).Draw(t, "user"), rapid.OneOf(passwords, limit).Draw(t, "password")
	near := rapid.SampledFrom([]string{
		secret[:len(secret)-1], secret + "x", strings.ToUpper(secret), strings.ToLower(secret), secret[:len(secret)-1] + "X", secret[:len(secret)-2] + "XY", secret + "\x00", secret + "\t", "x" + secret,
	}).Draw(t, "near")
	nearly := rapid.SampledFrom([]string{user, user, user, strings.ToUpper(user), strings.ToLower(user), user[:len(user)-1] + "x", user + "_"}).Draw(t, "nearly")
	lines := []string{
		fmt.Sprintf("REGISTER %s %s\n", user, secret),
		fmt.Sprintf("LOGIN %s %s\nLOGOUT\n", nearly, near),
		fmt.Sprintf("LOGIN %s %s\nLOGOUT\n", nearly, secret),
		fmt.Sprintf("REGISTER %s %s\n", nearly, near),
		fmt.Sprintf("LOGIN %s %s\nLOGOUT\n", user, secret),
	}
	var text string
	for _, l := range lines {
		if rapid.IntRange(0, 4).Draw(t, "said") > 0 {
			text += l
		}
	}
	return []story.Scene{{Acts: []story.Act{{Verb: "connect", Who: who}, says(who, "LOGOUT\n"+text+"LOGOUT\n")}}}
})

var verbs = []string{"connect", "connect", "connect", "deaf", "slow", "alike", "write", "write", "write", "write", "write", "write", "write", "write", "write", "write", "drip", "long",
	"finish", "leave", "leave", "reset", "read", "stall", "hold", "grip", "go", "go", "ask", "ask", "register", "login", "login", "logout", "logout", "freeze", "thaw", "thaw", "pass"}

var acts = rapid.Custom(func(t *rapid.T) story.Act {
	a := story.Act{Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Who: someone.Draw(t, "who")}
	switch a.Verb {
	case "long":
		a.Verb, a.Text = "write", []byte(strings.Repeat("x", maxLine+1)+"\n")
	case "write", "drip":
		if a.Text = texts.Draw(t, "text"); len(a.Text) > 200 {
			a.Verb = "write"
		}
	case "register", "login":
		a.Who, a.Text = everyName.Draw(t, "user"), []byte(passwords.Draw(t, "password"))
		if strings.Contains(a.Who, " ") || a.Who == "" {
			a.Who = "zoe"
		}
	case "logout":
		a.Who = users.Draw(t, "user")
	case "freeze":
		a.Who = rapid.SampledFrom([]string{"hash", "matches", "both"}).Draw(t, "how")
	case "ask", "thaw":
		a.Who = ""
	case "pass":
		a.Who = rapid.SampledFrom([]string{"1s", "1m", "1h"}).Draw(t, "time")
	}
	return a
})

// texts are some lines, and perhaps a piece of one, or one that is too long.
var texts = rapid.Custom(func(t *rapid.T) []byte {
	var b strings.Builder
	for range rapid.SampledFrom([]int{1, 1, 1, 1, 2, 2, 3, 4}).Draw(t, "lines") {
		b.WriteString(lines.Draw(t, "line") + rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n"}).Draw(t, "ending"))
	}
	switch rapid.IntRange(0, 19).Draw(t, "tail") {
	case 19:
		b.WriteString(strings.Repeat("y", 9000) + "\r\nLOGOUT\n")
	case 18, 17:
		b.WriteString(rapid.SampledFrom([]string{"half", "LOGOUT", "LOG", "REGISTER carl " + password, "LOGIN amira " + password, "LOGIN amira corr"}).Draw(t, "half"))
	}
	return []byte(b.String())
})

var lines = rapid.Custom(func(t *rapid.T) string {
	switch n := rapid.IntRange(0, 39).Draw(t, "kind"); {
	case n < 13:
		return "LOGIN " + everyName.Draw(t, "user") + " " + passwords.Draw(t, "password")
	case n < 20:
		return "REGISTER " + everyName.Draw(t, "user") + " " + passwords.Draw(t, "password")
	case n < 28:
		return "LOGOUT"
	case n < 34:
		return odd.Draw(t, "odd")
	case n == 34:
		return strings.Repeat("x", maxLine)
	}
	return words.Draw(t, "words")
})

const password = "correct-horse"

var (
	accounts = rapid.SampledFrom([]string{"amira", "amira", "ben"})
	users    = rapid.SampledFrom([]string{"amira", "amira", "ben", "zoe"})
	names    = []string{"Amira", "..", "-_.9", strings.Repeat("n", 32), "0"}
	wrong    = []string{strings.Repeat("n", 33), "am/ira", "amirá", "아미라", "a\x00b", "amira!", "", "amira\xff", "amira٣", "@mira", "amira:"}
)

var everyName = rapid.Custom(func(t *rapid.T) string {
	switch n := rapid.IntRange(0, 19).Draw(t, "name"); {
	case n < 15:
		return users.Draw(t, "user")
	case n < 16:
		return "nobody"
	case n < 18:
		return rapid.SampledFrom(names).Draw(t, "valid")
	}
	return rapid.SampledFrom(wrong).Draw(t, "invalid")
})

var passwords = rapid.OneOf(
	rapid.Just(password), rapid.Just(password), rapid.Just(password), rapid.Just(password), rapid.Just(password),
	rapid.SampledFrom([]string{"battery-staple", "Correct-Horse", "correct-hors", "correct-horse2"}),
	limit,
	rapid.SampledFrom([]string{"100%d-%s-%v", "\"quoted\"", "{\"a\":\"b\"}", "comma,semi;colon", "it's--a-'; drop", "user:pass:word", "tab\tand\ttab", "nul\x00nul\x00nul", "\\n\\n\\n\\n\\n"}),
	rapid.Just("salad-with-"+hasher.Poison),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 8, 9), func(b []byte) string { return plainBytes(string(b)) }),
)

var limit = rapid.SampledFrom([]string{"8-bytes.", "7-bytes", strings.Repeat("p", 128), strings.Repeat("p", 127) + "q", strings.Repeat("p", 129), "한글비", "한글", strings.Repeat("한", 42) + "xy", strings.Repeat("한", 43)})

// odd lines are nearly commands.
var odd = rapid.SampledFrom([]string{
	"REGISTER", "REGISTER ", "REGISTER amira", "REGISTER carl two-words and-more", "REGISTER carl " + password + " ", "REGISTER  carl " + password, "REGISTER amira short", "REGISTER\tcarl\t" + password,
	"LOGIN", "LOGIN amira", "LOGIN amira " + password + " more", "LOGIN  amira " + password, " LOGIN amira " + password, "LOGIN amira " + password + " ", "LOGIN am/ira " + password,
	"LOGOUT now", "LOGOUT ", " LOGOUT", "logout", "LOGOUTS", "login amira mistyped-secret", "LOGINS amira " + password, "Register carl " + password, "REGISTERcarl", "LOGIN\x00amira", "QUIT", "HELP", "LIST",
})

var words = rapid.OneOf(
	rapid.SampledFrom([]string{"a", "hello", "", " two  spaces ", "안녕하세요", "100%d %s %!v", "\t", "OK bye", "ERR denied", "Echo: Echo: ", "a secret of mine"}),
	rapid.Map(rapid.IntRange(1, 99), func(n int) string { return fmt.Sprintf("what I mumbled, number %d", n) }),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 6), func(b []byte) string { return plainBytes(string(b)) }),
)

// plainBytes are any bytes but those of an ending, and spaces.
func plainBytes(s string) string {
	return strings.NewReplacer("\n", "n", "\r", "r", " ", "_").Replace(s)
}
