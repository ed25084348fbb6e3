package labtest

import "strings"

// A side is what the student's code is in a check, for messages.
type side struct {
	name  string
	over  string            // when its goroutines have no business any more
	other *strings.Replacer // who it talks to, in what a goroutine waits for; nil if it is its client
}

var (
	aServer = side{name: "server", over: "after Serve has returned and every client has left"}
	aClient = side{
		name:  "client",
		over:  "after Run has returned and the keyboard's input has ended",
		other: strings.NewReplacer("its client", "the server"),
	}
)

// words says it from this side.
func (s side) words(text string) string {
	if s.other == nil {
		return text
	}
	return s.other.Replace(text)
}
