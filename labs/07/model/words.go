package model

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A kind is what somebody asks for.
type kind int

const (
	talk     kind = iota // "login first"
	mangled              // REGISTER or LOGIN, and no proper one
	register             // of a name and a password
	login
	logout // a call of Logout
)

// An op is one way to understand what somebody asks for.
type op struct {
	kind           kind
	user, password string
	refusal        code // of a mangled one
}

// A code is a reply.
type code byte

const (
	registered code = iota + 1
	taken
	invalid
	failed // any ERR
	welcome
	already
	denied
	loginFirst
	bye
	echo
	tooLong
	nothing // what Logout returns
)

// A line is what a client says, or what a call asks for.
type line struct {
	text  string
	ops   []op // ways to understand it where nobody is logged in
	known bool // surely its user had an account when it was sent
	call  bool
}

// text is a reply in words.
func (l line) reply(c code) string {
	switch c {
	case registered:
		return "OK registered"
	case taken:
		return "ERR taken"
	case invalid:
		return "ERR invalid"
	case failed:
		return "ERR and a reason"
	case welcome:
		return "OK welcome " + l.user()
	case already:
		return "ERR already logged in"
	case denied:
		return "ERR denied"
	case loginFirst:
		return "ERR login first"
	case bye:
		return "OK bye"
	case echo:
		return "Echo: " + l.text
	case tooLong:
		return "ERR line too long"
	}
	return ""
}

// is tells whether a reply that came is this one.
func (l line) is(c code, came string) bool {
	if c == failed {
		return strings.HasPrefix(came, "ERR ") && len(came) > len("ERR ")
	}
	return came == l.reply(c)
}

// user is who it is about, whichever way it is understood.
func (l line) user() string {
	for _, o := range l.ops {
		if o.user != "" {
			return o.user
		}
	}
	return ""
}

// read understands a line in all ways that the handout leaves open: whether several spaces, and spaces of other kinds, stand between words.
func read(text string) line {
	l := line{text: text}
	for _, words := range [][]string{strings.Split(text, " "), strings.Fields(text), strings.Split(strings.TrimSpace(text), " ")} {
		if o := understand(words); !slices.Contains(l.ops, o) {
			l.ops = append(l.ops, o)
		}
	}
	return l
}

func understand(words []string) op {
	k, refusal := talk, loginFirst
	switch {
	case len(words) == 0:
	case words[0] == "REGISTER":
		k, refusal = register, invalid
	case words[0] == "LOGIN":
		k, refusal = login, denied
	}
	switch {
	case k == talk:
		return op{kind: talk, refusal: refusal}
	case len(words) != 3 || k == login && !validName(words[1]):
		return op{kind: mangled, refusal: refusal, password: strings.Join(words[1:], " ")}
	case k == register && (!validName(words[1]) || !mayBeValid(words[2])):
		return op{kind: mangled, refusal: refusal}
	}
	return op{kind: k, user: words[1], password: words[2]}
}

// a call asks for one thing.
func asked(k kind, user, password string) line {
	o := op{kind: k, user: user, password: password}
	switch {
	case k == register && (!validName(user) || !mayBeValid(password)):
		o = op{kind: mangled, refusal: invalid}
	case k == login && !validName(user):
		o = op{kind: mangled, refusal: denied, password: password}
	}
	return line{text: user, ops: []op{o}, call: true}
}

func validName(user string) bool {
	for _, b := range []byte(user) {
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("._-", b) >= 0) {
			return false
		}
	}
	return 1 <= len(user) && len(user) <= 32
}

func mayBeValid(password string) bool {
	return 8 <= len(password) && len(password) <= 128 && !strings.Contains(password, " ")
}

// mayBeInvalid tells whether a password is one of which the handout says little: is it text, and are tabs spaces?
func mayBeInvalid(password string) bool {
	return !mayBeValid(password) || !utf8.ValidString(password) || strings.ContainsFunc(password, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}
