package scenario

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"time"

	"lockstep/harness/await"
)

// errEnded is what a client finds behind the last line.
var errEnded = errors.New("the server closed the connection")

// A client is one connection. Its lines are read as they come, so that a story can wait for one
// with an eye on the server.
type client struct {
	name  string
	conn  net.Conn
	sent  int64
	ended bool // half-closed

	lines chan *string // as they come; closed behind the last line
	err   error        // why there are no more lines; set before lines is closed
	got   int64        // bytes of the lines taken from the channel
	known []string     // lines that were told already, but not awaited
}

func dial(name, addr string) (*client, error) {
	conn, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		return nil, err
	}
	return newClient(name, conn), nil
}

func newClient(name string, conn net.Conn) *client {
	c := &client{name: name, conn: conn, lines: make(chan *string, 1024)}
	go c.read() // ends with the connection
	return c
}

func (c *client) read() {
	defer close(c.lines)
	s := bufio.NewScanner(c.conn)
	for s.Scan() {
		line := s.Text()
		c.lines <- &line
	}
	c.err = errEnded
	if err := s.Err(); err != nil {
		c.err = fmt.Errorf("the connection broke: %w", err)
	}
	if program, ok := c.conn.(*console); ok {
		c.err = program.returned()
	}
}

// write does not fail: a server that is gone shows in the reply that never comes.
func (c *client) write(data []byte) {
	c.conn.SetWriteDeadline(time.Now().Add(Patience))
	n, _ := c.conn.Write(data)
	c.sent += int64(n)
}

func (c *client) finish() {
	c.conn.(interface{ CloseWrite() error }).CloseWrite()
	c.ended = true
}

// end is what a client waits for behind its last line, in words.
func (c *client) end() string {
	if _, ok := c.conn.(*console); ok {
		return "Run to return"
	}
	return "the server to close the connection"
}

// line returns the next line, and tells step of it unless that was done before.
func (c *client) line(p *play, step *Step) (string, error) {
	if len(c.known) > 0 {
		line := c.known[0]
		c.known = c.known[1:]
		return line, nil
	}
	line, err := c.next(p)
	if err == nil {
		step.Replies = append(step.Replies, Reply{c.name, line})
	}
	return line, err
}

// look tells step what the server has sent up to now, want bytes in all, and leaves it to be awaited.
func (c *client) look(p *play, step *Step, want int64) error {
	for c.got < want {
		line, err := c.next(p)
		if err != nil {
			return err
		}
		step.Replies = append(step.Replies, Reply{c.name, line})
		c.known = append(c.known, line)
	}
	return nil
}

// next waits for a line. It gives up when nothing moves in the server any more.
func (c *client) next(p *play) (string, error) {
	line, err := await.Receive(await.Patience{Rests: p.stalled}, c.lines)
	switch {
	case err == nil && line != nil:
		c.got += int64(len(*line)) + 1
		return *line, nil
	case p.ctx.Err() != nil: // which has ended the server, too
		return "", p.ctx.Err()
	case err == nil:
		return "", c.err
	case err == await.ErrRest:
		return "", errors.New("nothing came, and nothing moves in the server any more")
	}
	return "", fmt.Errorf("nothing came within %v", Patience)
}
