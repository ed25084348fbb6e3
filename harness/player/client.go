package player

import (
	"errors"
	"net"
	"os"
	"syscall"

	"lockstep/harness/memnet"
	"lockstep/harness/story"
)

// roomy is how many bytes a connection holds each way.
const roomy = 1 << 20

// Small is how many the connection of a slow client holds.
const Small = 60

// Why Accept fails when a story says so.
var (
	ErrBroken       = errors.New("the network is gone")
	ErrBusy   error = &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)} // says of itself that it is temporary
)

// The verbs that every lab has. Whoever needs further ones adds them: see [Model].
var (
	Connects = []string{"connect", "slow", "deaf", "alike", "late", "gripped"} // see [Play.enter]
	Speaks   = []string{"write", "drip"}                                       // drip: byte by byte
	Leaves   = []string{"finish", "leave", "reset"}
	Pauses   = []string{"stall", "read", "hold", "grip", "go"} // hold: the server's next Read is held; grip: its Writes are
)

// A Client is one connection of somebody who plays in a story. The fields are read by models.
type Client struct {
	Name    string
	Addr    string // as the server sees it
	Born    int    // in which scene it has connected
	Small   bool   // its connection takes few bytes
	Reading bool
	How     string // it left: finish, leave, reset; "" if it is there
	In      []byte // what it got and its model has not taken
	End     error  // why nothing follows; nil if more may
	Wrote   int    // in which scene it has last sent something
	Caught  bool   // it has sent something that the server, held, has not read
	Gripped bool   // the server's Writes to it do not return

	buf    []byte // for Read
	conn   *memnet.Conn
	held   *memnet.Barrier
	door   *memnet.Barrier
	unsent []byte
	shown  []byte // what it got, for messages
}

// Held tells whether the server's Read of this client is held.
func (c *Client) Held() bool { return c.held != nil }

// Late tells whether the Accept that gets this client is held, and so all who come behind it wait.
func (c *Client) Late() bool { return c.door != nil }

// Closed tells whether the server has closed the connection.
func (c *Client) Closed() bool { return c.conn.PeerClosed() }

// Waiting is how many bytes have come that it has not read.
func (c *Client) Waiting() int { return c.conn.Buffered() }

// Unsent tells whether it has something to send that its connection did not take.
func (c *Client) Unsent() bool { return len(c.unsent) > 0 }

// Text tells whether an act sends something.
func (c *Client) Text(a story.Act) bool { return a.Verb == "write" || a.Verb == "drip" }

func (p *Play) connect(name string, d memnet.Dialer) *Client {
	conn, err := p.ln.DialAs(d)
	if err != nil {
		return nil
	}
	if old := p.seats[name]; old != nil {
		old.goOn() // nobody could tell it to, later
	}
	c := &Client{Name: name, Addr: conn.LocalAddr().String(), Born: p.Scene, Small: d.Buffer == Small || p.ln.Buffer < roomy, Reading: true, conn: conn, door: d.Held}
	p.Clients = append(p.Clients, c)
	p.seats[name] = c
	p.model.Connected(p, c)
	return c
}

// act does what an act says, and tells whether it made sense.
func (p *Play) act(a story.Act) bool {
	c := p.seats[a.Who]
	switch a.Verb {
	case "down":
		if p.Down {
			return false
		}
		for _, b := range p.opening {
			b.Open()
		}
		p.close()
		return true
	case "pass":
		return p.Pass(a.Who)
	case "connect", "slow", "deaf", "alike", "late", "gripped":
		return p.enter(a, c)
	}
	if c == nil {
		return p.model.Act(p, a)
	}
	if c.How != "" {
		return p.afterwards(c, a)
	}
	switch a.Verb {
	case "write":
		c.unsent = append(c.unsent, a.Text...)
		p.pour(c)
	case "drip":
		for i := range a.Text {
			c.unsent = append(c.unsent, a.Text[i])
			p.pour(c)
		}
	case "finish":
		c.How = a.Verb
		c.conn.CloseWrite()
	case "leave":
		c.How, c.Reading = a.Verb, false
		c.conn.Close()
	case "reset":
		c.How, c.Reading = a.Verb, false
		c.conn.Reset()
	case "stall":
		c.Reading = c.Reading && !c.Small
	case "read":
		c.Reading = true
	case "hold":
		if c.Held() || c.Wrote == p.Scene { // it would be left to chance whether the server has it already
			return false
		}
		c.held, c.Caught = p.barrier(), c.conn.Unread() > 0 // nobody has served it yet
		c.conn.HoldPeerReads(c.held)
	case "sip":
		return c.sip()
	case "grip":
		if c.Gripped {
			return false
		}
		c.Gripped = true
		c.conn.HoldPeerWrites()
	case "go":
		return c.goOn()
	default:
		return p.model.Act(p, a)
	}
	return true
}

// enter connects a client: slow, its connection takes few bytes; deaf, and it does not read; alike, it has the address of the one before; late, the Accept
// that gets it is held; gripped, the server's Writes to it are.
func (p *Play) enter(a story.Act, c *Client) bool {
	if c != nil && c.How == "" {
		return false
	}
	var d memnet.Dialer
	switch a.Verb {
	case "slow", "deaf":
		d.Buffer = Small
	case "alike":
		if len(p.Clients) == 0 {
			return false
		}
		d.From = p.Clients[len(p.Clients)-1].conn.LocalAddr().(*net.TCPAddr)
	case "late":
		d.Held = p.barrier()
	case "gripped":
		d.Prepare = (*memnet.Conn).HoldPeerWrites
	}
	if c = p.connect(a.Who, d); c == nil {
		return false
	}
	c.Reading = a.Verb != "deaf"
	c.Gripped = a.Verb == "gripped"
	return true
}

// afterwards is for a client who has left.
func (p *Play) afterwards(c *Client, a story.Act) bool {
	switch {
	case a.Verb == "go":
		return c.goOn()
	case c.How == "finish" && a.Verb == "leave":
		c.How, c.Reading = a.Verb, false
		c.conn.Close()
	case c.How == "finish" && a.Verb == "read":
		c.Reading = true
	case c.Text(a):
		return false
	default:
		return p.model.Act(p, a)
	}
	return true
}

// goOn lets the server go on with it, and tells whether anything was held.
func (c *Client) goOn() bool {
	if !c.Held() && !c.Late() && !c.Gripped {
		return false
	}
	if c.Held() {
		c.held.Open()
		c.conn.HoldPeerReads(nil)
	}
	if c.Late() {
		c.door.Open()
	}
	if c.Gripped {
		c.conn.ReleasePeerWrites()
	}
	c.held, c.door, c.Caught, c.Gripped = nil, nil, false, false
	return true
}

// pour sends as much as the connection takes, and tells whether that was anything. Whoever has left sends nothing more.
func (p *Play) pour(c *Client) bool {
	n := min(len(c.unsent), c.conn.Room())
	if c.How != "" {
		c.unsent = nil
		return false
	}
	if n == 0 {
		return false
	}
	data := c.unsent[:n:n]
	c.unsent = c.unsent[n:]
	c.Wrote, c.Caught = p.Scene, c.Caught || c.Held()
	if _, err := c.conn.Write(data); err != nil {
		c.unsent = nil
		return false
	}
	p.model.Sent(p, c, data)
	return true
}

// sip lets one who does not read take what has come, and no more.
func (c *Client) sip() bool {
	if c.Reading || c.Waiting() == 0 {
		return false
	}
	c.take(make([]byte, c.Waiting()))
	return true
}

// receive takes what has come, and tells whether that was anything.
func (c *Client) receive() (some bool) {
	if !c.Reading || c.End != nil {
		return false
	}
	if c.buf == nil {
		c.buf = make([]byte, 4096)
	}
	for c.End == nil && c.conn.Readable() {
		c.take(c.buf)
		some = true
	}
	return some
}

func (c *Client) take(buf []byte) {
	n, err := c.conn.Read(buf)
	c.In = append(c.In, buf[:n]...)
	c.shown = append(c.shown, buf[:n]...)
	c.End = err
}
