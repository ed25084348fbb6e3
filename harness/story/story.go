// Package story, beside the student's code and of the grader, is what clients do to a server, as data: a story is drawn, played (package
// player), told in words, and made shorter.
//
//	s, err := story.Parse("connect c1\nsay c1 hello\nrest\n")
//	for smaller := range s.Smaller() { ... } // each is a story, too
//
// Any part of a story may be left out, and what remains is a story: an act that makes no sense, such as that of a client who is not
// there, does nothing when it is played. So whoever shortens it need not know what it is about.
package story

// A Story is scenes, one after the other.
type Story struct {
	Serve  string // what the server is started with, as words of the lab's own: "queue 2"; "" is the usual
	Scenes []Scene
	End    string // how it ends, in a word of the lab's own; "" is the usual
}

// A Scene is what is done at once. Then all come to rest.
type Scene struct {
	Times    int  // how often it is played, with a rest each time; 0 means once
	Together bool // what is sent to the server reaches it when all have acted
	Acts     []Act
}

// An Act is something that somebody does.
type Act struct {
	Verb string // a word
	Who  string // a word; "" if it is nobody who has a name
	Text []byte // what is sent
}

// Rounds is how often a scene is played.
func (s Scene) Rounds() int { return max(1, s.Times) }

// Len is how many acts there are.
func (s Story) Len() (n int) {
	for _, scene := range s.Scenes {
		n += len(scene.Acts)
	}
	return n
}
