// Package chat is lab 05 with a room that is passed from hand to hand.
//
// The room is a value in a channel that holds one. Whoever has taken it out has it alone, and puts it back.
package chat

import (
	"bufio"
	"bytes"
	"container/list"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

var errTooLong = errors.New("line too long")

// A Server is one chat room. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Queue int          // lines waiting for a slow client before it is dropped; 0 means 64
	Log   *slog.Logger // what the server does, for people; nil means silence

	once sync.Once
	room chan *room
}

// A room is who is in it, and how many lines may wait for each.
type room struct {
	clients *list.List // of *client, in the order in which they came
	limit   int
}

// A client is one connection. The fields behind conn belong to whoever has the room.
type client struct {
	conn    net.Conn
	addr    string
	bell    chan struct{} // rings when there is something new
	place   *list.Element // in the room; nil when it is out
	queue   []string      // lines that wait, but for the one that is being written
	waiting int           // lines that wait, with that one
}

// take takes the room, which give has to put back.
func (s *Server) take() *room {
	s.once.Do(func() {
		s.room = make(chan *room, 1)
		s.room <- &room{clients: list.New()}
	})
	return <-s.room
}

func (s *Server) give(r *room) { s.room <- r }

// Serve lets every client that connects to ln into the room.
func (s *Server) Serve(ln net.Listener) error {
	r := s.take()
	r.limit = 2 * 64
	if s.Queue > 0 {
		r.limit = 2 * s.Queue
	}
	s.give(r)

	var tasks sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if err != nil {
			s.closeAll()
			tasks.Wait()
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		c := &client{conn: conn, addr: conn.RemoteAddr().String(), bell: make(chan struct{}, 1)}

		r = s.take()
		c.place = r.clients.PushBack(c)
		c.push("> Connected to the chat server (" + r.online() + ")\n")
		r.tell(c, "> New user "+c.addr+" entered ("+r.online()+")\n")
		s.give(r)
		s.log("entered", c)

		tasks.Go(func() { s.read(c) })
		tasks.Go(func() { s.write(c) })
	}
}

// Online returns how many clients are in the room.
func (s *Server) Online() int {
	r := s.take()
	defer s.give(r)
	return r.clients.Len()
}

// closeAll makes every Read and Write of those who are in the room return. Their readers do the rest.
func (s *Server) closeAll() {
	r := s.take()
	defer s.give(r)
	for e := r.clients.Front(); e != nil; e = e.Next() {
		e.Value.(*client).conn.SetDeadline(time.Unix(1, 0))
	}
}

// read passes on what the client says.
func (s *Server) read(c *client) {
	lines := bufio.NewScanner(c.conn)
	lines.Buffer(make([]byte, maxLine+2), maxLine+2)
	lines.Split(splitLine)
	for lines.Scan() {
		line := "[" + c.addr + "] " + lines.Text() + "\n"
		r := s.take()
		if c.place != nil {
			r.tell(c, line)
		}
		s.give(r)
	}

	r := s.take()
	if c.place == nil { // it was dropped, and its connection is closed
		s.give(r)
		return
	}
	tooLong := errors.Is(lines.Err(), errTooLong)
	if tooLong {
		c.clear()
		c.push("ERR line too long\n")
		c.conn.SetWriteDeadline(time.Now().Add(time.Second))
	}
	r.leave(c)
	s.give(r)
	s.log("left", c)
	if !tooLong {
		c.conn.Close() // and not only when the writer sees that it is over: it may be in a Write
	}
}

// write sends the client what waits for it, until it is out and nothing waits.
func (s *Server) write(c *client) {
	defer c.conn.Close()
	var err error
	for {
		line, ok, over := s.next(c)
		switch {
		case ok && err == nil:
			_, err = io.WriteString(c.conn, line)
			s.written(c)
		case ok:
			s.written(c) // to nobody
		case over:
			return
		default:
			<-c.bell
		}
	}
}

// next takes a line out of the queue, if there is one.
func (s *Server) next(c *client) (line string, ok, over bool) {
	r := s.take()
	defer s.give(r)
	if len(c.queue) == 0 {
		return "", false, c.place == nil
	}
	line, c.queue = c.queue[0], c.queue[1:]
	return line, true, false
}

// written says that a line does not wait any more.
func (s *Server) written(c *client) {
	r := s.take()
	c.waiting--
	s.give(r)
}

func (s *Server) log(what string, c *client) {
	if s.Log != nil {
		s.Log.Info(what, "client", c.addr)
	}
}

// tell lets everybody but one hear a line. Who has too many waiting is dropped, behind the line.
func (r *room) tell(from *client, line string) {
	var slow []*client
	for e := r.clients.Front(); e != nil; e = e.Next() {
		c := e.Value.(*client)
		if c == from {
			continue
		}
		if c.push(line); c.waiting > r.limit {
			slow = append(slow, c)
		}
	}
	for _, c := range slow {
		if c.place != nil {
			c.clear()
			c.conn.Close()
			r.leave(c)
		}
	}
}

// leave takes a client out, and tells the others.
func (r *room) leave(c *client) {
	r.clients.Remove(c.place)
	c.place = nil
	c.ring()
	r.tell(nil, "< The user "+c.addr+" left ("+r.online()+")\n")
}

func (r *room) online() string {
	if r.clients.Len() == 1 {
		return "1 user online"
	}
	if r.clients.Len() == 0 {
		return "0 user online" // nobody will ever read this
	}
	return fmt.Sprint(r.clients.Len()) + " users online"
}

func (c *client) push(line string) {
	c.queue = append(c.queue, line)
	c.waiting++
	c.ring()
}

// clear forgets what waits, but for the line that is being written.
func (c *client) clear() {
	c.waiting -= len(c.queue)
	c.queue = nil
}

func (c *client) ring() {
	select {
	case c.bell <- struct{}{}:
	default: // it rings already
	}
}

// splitLine is a bufio.SplitFunc for lines that end in \n or \r\n. What has no ending is no line.
func splitLine(data []byte, atEOF bool) (int, []byte, error) {
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		if len(data) >= maxLine+2 {
			return 0, nil, errTooLong
		}
		return 0, nil, nil
	}
	line := bytes.TrimSuffix(data[:end], []byte("\r"))
	if len(line) > maxLine {
		return 0, nil, errTooLong
	}
	return end + 1, line, nil
}
