package labtest

import "strings"

// A role is what the student's code is in a check, for messages.
type role struct {
	name  string
	over  string            // when its goroutines have no business any more
	other *strings.Replacer // who it talks to, in what a goroutine waits for; nil if it is its client
}

var (
	aServer = role{name: "server", over: "after Serve has returned and every client has left"}
	aClient = role{
		name:  "client",
		over:  "after Run has returned and the keyboard's input has ended",
		other: strings.NewReplacer("its client", "the server"),
	}
)

// words says it from there.
func (r role) words(text string) string {
	if r.other == nil {
		return text
	}
	return r.other.Replace(text)
}
