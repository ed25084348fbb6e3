package host

import "lockstep/harness/stacks"

// A request is what the parent asks for.
type request struct {
	Do   string          `json:"do"` // settle or look
	Sent map[string]Sent `json:"sent,omitempty"`
}

// What a request can be about.
const (
	settle = "settle" // say when nothing moves any more
	look   = "look"   // say what is
)

// Sent is what a client has sent up to now.
type Sent struct {
	Bytes int64 `json:"bytes"`
	Ended bool  `json:"ended"` // half-closed behind these bytes
}

// A State is what a server process says of itself.
type State struct {
	Idle       bool               `json:"idle,omitempty"` // nothing moves in it
	Goroutines []stacks.Goroutine `json:"goroutines,omitempty"`
	Held       []string           `json:"held,omitempty"` // who waits for whose lock
}

// A reply is what the child says, unasked when it begins and when it ends.
type reply struct {
	Key       string `json:"key"`                 // of the server process; others are not believed
	Listening string `json:"listening,omitempty"` // the first reply: host:port,
	Console   string `json:"console,omitempty"`   // and where the console is, if there is one
	State
	Replied map[string]int64 `json:"replied,omitempty"`  // bytes to each client, when settled
	Misuses []string         `json:"findings,omitempty"` // about locks, in the last reply
	Races   int              `json:"races,omitempty"`    // that the detector has reported, in the last reply
	Served  bool             `json:"served,omitempty"`   // the last reply: Serve has returned,
	Error   string           `json:"error,omitempty"`    // with this
}

// keySecret is what a server process calls the key of its replies.
const keySecret = "server"
