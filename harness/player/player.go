// Package player, beside the student's code, plays stories (package story) against a server in this process, and asks a model whether what
// happened is as the handout says.
//
//	func TestStories(t *testing.T) {
//		player.Test(t, player.Lab{Draw: model.Stories, New: func(s story.Story) player.Model { ... }})
//	}
//
// A scene is played, then everybody comes to rest and reads what came, and the model judges. It never predicts one outcome: it asks whether
// what was heard can have come about. At the end the listener closes, and when Serve has returned, nothing may be left of it, although clients are
// still there. Under a schedule one story is played, which the schedule has or numbers, and the judge runs the next; otherwise some are, one after the other.
package player

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lockstep/harness/await"
	"lockstep/harness/memnet"
	"lockstep/harness/steer"
	"lockstep/harness/story"
)

// A Lab is what a lab has to play and to judge stories.
type Lab struct {
	Draw *rapid.Generator[story.Story]
	New  func(story.Story) Model
	Few  int // how many are played where no schedule decides

	Room   func(story.Story) int // how many bytes a connection holds each way; nil means plenty
	Finish bool                  // who is there when the listener closes may finish, and only then must Serve return
}

// A Model is one server, new, and what the handout says of it. All its methods are called by one goroutine, but for Serve.
type Model interface {
	Serve(net.Listener) error
	Connected(p *Play, c *Client)           // c has connected, and whoever had its name is somebody else
	Sent(p *Play, c *Client, data []byte)   // c has sent it
	Act(p *Play, a story.Act) (played bool) // an act of the lab's own
	Pending(p *Play) bool                   // more may come by itself, in a moment
	Rest(p *Play) error                     // all have come to rest: is it as it should be? An error is a [Fault]
	Closing(p *Play)                        // the listener has closed, or Accept has failed
	Over(p *Play, result error) error       // Serve has returned, and all is still there that clients had
}

// An Ender is a model of a server that may end before its listener closes.
type Ender interface {
	Model
	Ended(p *Play, result error) error // Serve has returned: is it time, and is that its result? It is asked once
}

// A Fault says what was wrong, by which sentence of the handout.
type Fault struct {
	Rule string // its number: "2.1"; "" if what was wrong needs no rule
	Text string
}

func (f *Fault) Error() string { return f.Text }

// Faultf makes a [Fault].
func Faultf(rule, format string, args ...any) error {
	return &Fault{rule, fmt.Sprintf(format, args...)}
}

// Test makes t a check that plays stories.
func Test(t *testing.T, l Lab) {
	t.Helper()
	Show{Draw: l.Draw, Few: l.Few, Stage: func(c *Course) Stage {
		return stage{&Play{Course: c, lab: l, model: l.New(c.Story), seats: map[string]*Client{}}}
	}}.Play(t)
}

// A stage is that of a server.
type stage struct{ *Play }

func (s stage) Begin()                                   { s.begin() }
func (s stage) Act(a story.Act) bool                     { return s.act(a) }
func (s stage) Together(scene story.Scene) (open func()) { return s.hold(scene).Open }
func (s stage) Rest() error                              { return s.rest() }
func (s stage) Over() bool                               { return s.Down }
func (s stage) LetGo()                                   { s.letGo() }
func (s stage) Named(text string) string                 { return s.named(text) }

func (s stage) Finale() error {
	if !s.Down {
		s.end()
	}
	return s.finale()
}

// A Play is a story that is being played.
type Play struct {
	*Course
	Clients []*Client // all who have connected, in that order
	Down    bool      // the listener has closed, or Accept has failed

	lab     Lab
	model   Model
	ln      *memnet.Listener
	seats   map[string]*Client
	served  chan error
	hasLeft *memnet.Conn // a client whose connection was open when Serve returned, nil if there was none; to be looked at when it has
	over    bool
	ended   bool // an [Ender] has been asked
	result  error
	wrong   error             // what a model has told while the listener closes
	opening []*memnet.Barrier // all that hold somebody up
}

// Failed is the error with which Accept fails at the end of the story; nil if the listener closes instead.
func (p *Play) Failed() error {
	switch p.Story.End {
	case "fail":
		return ErrBroken
	case "busy":
		return ErrBusy
	}
	return nil
}

// Client is who has this name now; nil if nobody has.
func (p *Play) Client(name string) *Client { return p.seats[name] }

// begin starts the server.
func (p *Play) begin() {
	p.ln = memnet.Listen()
	if p.ln.Buffer = roomy; p.lab.Room != nil {
		p.ln.Buffer = p.lab.Room(p.Story)
	}
	p.served = make(chan error, 1)
	go func() { // ends with the listener, or with the process
		err := p.model.Serve(p.ln)
		_, p.hasLeft = p.ln.Open() // now, and not when all have come to rest
		p.served <- err
	}()
}

// hold holds up the server's Reads of all who are about to send something.
func (p *Play) hold(scene story.Scene) *memnet.Barrier {
	gate := p.barrier()
	for _, a := range scene.Acts {
		if c := p.seats[a.Who]; c != nil && c.Text(a) && !c.Held() {
			c.conn.HoldPeerReads(gate)
		}
	}
	return gate
}

// barrier is one that nobody passes before it is opened.
func (p *Play) barrier() *memnet.Barrier {
	b := memnet.NewBarrier(1 << 20)
	p.opening = append(p.opening, b)
	return b
}

// rest lets everybody come to rest, and asks the model.
func (p *Play) rest() error {
	if err := p.Settle(); err != nil {
		return err
	}
	_ = await.Patience{}.Until(func() bool {
		if p.Settle() != nil {
			return true
		}
		return p.Returned() || !p.model.Pending(p)
	})
	if err := p.Settle(); err != nil {
		return err
	}
	if _, ok := p.model.(Ender); p.Returned() && !ok {
		return Faultf("", "Serve has returned, with %s, and its listener is open", outcome(p.result))
	}
	if p.Returned() && !p.ended {
		if err := p.left(); err != nil {
			return err
		}
	}
	return p.model.Rest(p)
}

// left asks an [Ender] whether Serve was to return, and says what is left behind it.
func (p *Play) left() error {
	if e, ok := p.model.(Ender); ok && !p.ended {
		p.ended = true
		if err := e.Ended(p, p.result); err != nil {
			return err
		}
	}
	if err := p.Idle(); err != nil {
		return err
	}
	if p.hasLeft != nil {
		return Faultf("", "Serve has returned, and the connection of %s was not closed", p.who(p.hasLeft))
	}
	if left := p.Left(); left != "" {
		return Faultf("", "Serve has returned, and goroutines that it started are still there:\n%s", left)
	}
	return nil
}

// Settle lets all who read read, and all who have something to send send it, until nothing moves.
func (p *Play) Settle() error {
	for {
		if err := p.Idle(); err != nil {
			return err
		}
		progress := false
		for _, c := range p.Clients {
			progress = c.receive() || progress
			progress = p.pour(c) || progress
		}
		if !progress {
			return nil
		}
	}
}

// Returned tells whether Serve has returned.
func (p *Play) Returned() bool {
	if !p.over {
		select {
		case p.result = <-p.served:
			p.over = true
		default:
		}
	}
	return p.over
}

// end ends the story as it says.
func (p *Play) end() {
	p.next()
	switch p.Story.End {
	case "fail", "busy":
		p.Down = true
		p.ln.FailAccept(p.Failed())
	case "last": // the listener closes behind one more client, which nobody has seen yet
		p.ln.CloseAfter(1)
		p.connect("last", memnet.Dialer{})
		p.Down = true
	default:
		p.close()
	}
}

func (p *Play) close() {
	p.Down = true
	p.ln.Close()
}

// finale waits until Serve has returned, and looks at what is left.
func (p *Play) finale() error {
	for _, b := range p.opening {
		b.Open()
	}
	for _, c := range p.Clients {
		c.held, c.door = nil, nil
	}
	p.model.Closing(p)
	if p.wrong != nil {
		return p.wrong
	}
	if late := (await.Patience{}).Until(p.done); late != nil {
		return Faultf("", "Serve does not return, although %s\n%s", p.why(), p.Stuck())
	}
	if err := p.left(); err != nil {
		return err
	}
	switch {
	case p.ended:
	case p.Failed() != nil && !errors.Is(p.result, p.Failed()):
		return Faultf("", "Accept failed with %q, and Serve returned %s", p.Failed(), outcome(p.result))
	case p.Failed() == nil && p.result != nil:
		return Faultf("", "Serve should return nil once its listener is closed, and returned %s", outcome(p.result))
	}
	return p.model.Over(p, p.result)
}

// done tells whether Serve has returned, and lets those finish who may.
func (p *Play) done() bool {
	if p.lab.Finish {
		for _, c := range p.Clients {
			c.Reading = c.How == "" || c.How == "finish"
		}
		_ = p.Settle()
		for _, c := range p.Clients {
			if c.How == "" && !c.Unsent() {
				c.How = "finish"
				c.conn.CloseWrite()
			}
		}
		_ = p.Settle()
	}
	return p.Returned()
}

// who is the client with this end of a connection.
func (p *Play) who(conn *memnet.Conn) string {
	if i := slices.IndexFunc(p.Clients, func(c *Client) bool { return c.conn == conn }); i >= 0 {
		return p.Clients[i].Name
	}
	return "a client"
}

func (p *Play) why() string {
	switch {
	case p.lab.Finish && len(p.Clients) > 0:
		return "every client has gone, or has nothing more to send"
	case p.Failed() != nil:
		return fmt.Sprintf("Accept has failed with %q", p.Failed())
	}
	return "its listener is closed"
}

// letGo ends what is still there.
func (p *Play) letGo() {
	for _, b := range p.opening {
		b.Open()
	}
	p.ln.Close()
	for _, c := range p.Clients {
		c.conn.ReleasePeerWrites()
		c.conn.Close()
	}
	_ = await.Patience{Limit: time.Second, Rest: time.Second}.Until(p.Returned)
}

// Do does an act that no story has, as if one had, and tells whether it made sense.
func (p *Play) Do(a story.Act) bool { return p.act(a) }

// Await waits until something holds, for as long as a right server may take.
func (p *Play) Await(holds func() bool) {
	_ = await.Patience{}.Until(func() bool { return p.Settle() != nil || holds() })
}

// FailAccept makes the next Accept fail.
func (p *Play) FailAccept(err error) { p.ln.FailAccept(err) }

// Fail is for a fault that shows in [Model].Closing. The first one counts.
func (p *Play) Fail(fault error) {
	if p.wrong == nil {
		p.wrong = fault
	}
}

// Early tells whether the server has read from a client before it closed its listener.
func (p *Play) Early() bool { return p.ln.Early() }

// Refuses tells whether nobody could connect now.
func (p *Play) Refuses() bool {
	conn, err := p.ln.Dial()
	if err == nil {
		conn.Reset()
	}
	return err != nil
}

// Go calls f, and returns a call that says whether it has returned. It ends with the server's method that f calls.
func (p *Play) Go(f func()) *Call {
	c := &Call{done: make(chan struct{})}
	go func() { f(); close(c.done) }() // ends with f
	return c
}

// A Call is one that may still be under way.
type Call struct{ done chan struct{} }

// Returned tells whether the call has.
func (c *Call) Returned() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Ask calls a method that is to return without waiting for any client, and tells whether it did.
func (p *Play) Ask(method func()) bool {
	_, err := await.Receive(await.Patience{}, p.Go(method).done)
	return err == nil
}

func outcome(err error) string {
	if err == nil {
		return "nil"
	}
	return fmt.Sprintf("the error %q", err)
}

// timePasses tells whether time that a story lets pass costs nothing.
func timePasses() bool { return steer.On() }
