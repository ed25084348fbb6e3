package scenario

import (
	"fmt"
	"strings"

	"lockstep/harness/race"
)

// A Step is one command of a script, or a comment, and what came of it.
type Step struct {
	line    int    // in the script
	Text    string // the command as written, or the comment without its #
	Kind    Kind
	Client  string  // who acted; "" for the server and what it stores
	Replies []Reply // what was seen to come meanwhile
	Failed  bool
}

// A Reply is a line that a client received.
type Reply struct{ Client, Line string }

// A Kind tells the steps of a scenario apart.
type Kind string

const (
	Comment Kind = "comment"
	Command Kind = "command"
)

// A Transcript is what happened when a script was played.
type Transcript struct {
	Title   string // the first comment
	Steps   []Step
	Failure string // what went wrong first, "" if all went as told
	Reply   string // the reply that was wrong, if that was it
	Files   Files  // what the clients sent
	Store   string // the file in which the server stores, by [Extra]
	Stored  []byte // what it held in the end
	Races   []race.Report
	Misuses []string // about locks, from a server that was built to know about them
	Server  string   // what the server wrote to its standard error
	Notes   []string
}

// OK tells whether the server did all that the script asks, without a race.
func (t *Transcript) OK() bool {
	return t.Failure == "" && len(t.Races) == 0 && len(t.Misuses) == 0
}

// Text is the scenario up to where it ended, with the replies behind what the clients did.
func (t *Transcript) Text() string {
	var b strings.Builder
	for _, s := range t.Steps {
		switch {
		case s.Kind == Comment:
			fmt.Fprintf(&b, "# %s\n", s.Text)
			continue
		case s.Failed:
			fmt.Fprintf(&b, "  %s   <-- here\n", s.Text)
		default:
			fmt.Fprintf(&b, "  %s\n", s.Text)
		}
		for _, r := range s.Replies {
			fmt.Fprintf(&b, "      %s gets  %s\n", r.Client, r.Line)
		}
	}
	return b.String()
}

// Files are those that clients send.
type Files []File

// A File is one that a client sends.
type File struct {
	Client, Name string
	Data         []byte
}

// Find returns what is in the file that scripts call CLIENT/FILE.
func (f Files) Find(name string) ([]byte, error) {
	for _, f := range f {
		if f.Client+"/"+f.Name == name {
			return f.Data, nil
		}
	}
	return nil, fmt.Errorf("the story has no file %s", name)
}

// A Span is a piece of what was stored that one file accounts for.
type Span struct {
	Text string
	File string // client1/file1, or "" for bytes that nobody sent
}

// Spans divides what was stored by lines and says which file each is from. The files of a script have no
// line in common, so that this is certain.
func (t *Transcript) Spans() []Span {
	var spans []Span
	for line := range strings.SplitAfterSeq(string(t.Stored), "\n") {
		if line == "" {
			continue
		}
		from := ""
		for _, f := range t.Files {
			if strings.Contains("\n"+string(f.Data), "\n"+line) {
				from = f.Client + "/" + f.Name
				break
			}
		}
		if n := len(spans); n > 0 && spans[n-1].File == from {
			spans[n-1].Text += line
			continue
		}
		spans = append(spans, Span{Text: line, File: from})
	}
	return spans
}
