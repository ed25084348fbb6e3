// Package chat, a wrong answer: a client whose line is too long gets its ERR into its queue, and its
// connection is closed at once, before the writer has come to it.
//
// Caught by TestLongLineIsRefused: the connection ends without a word; in some runs the first client gets its ERR in time, and
// the second does not.
package chat

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

var errTooLong = errors.New("line too long")

// A Server is one chat room. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Queue int          // lines waiting for a slow client before it is dropped; 0 means 64
	Log   *slog.Logger // what the server does, for people; nil means silence

	mu   sync.Mutex // held for one event at a time, and never while a client is waited for
	room map[*client]bool
}

// A client is one connection: its reader says what the client sends, its writer sends what it hears.
type client struct {
	conn  net.Conn
	addr  string
	queue chan string // lines that wait, each with its ending; who puts one in or closes it holds Server.mu
}

// Serve lets every client that connects to ln into the room. Once ln is closed it closes the
// connections, waits for all that it started and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	log := cmp.Or(s.Log, slog.New(slog.DiscardHandler))
	var clients sync.WaitGroup
	defer clients.Wait()
	defer s.hangUp() // first of the two; nobody enters any more
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		c := s.enter(conn)
		log := log.With("client", c.addr)
		log.Info("entered")
		clients.Go(c.write)                   // ends when c is out of the room
		clients.Go(func() { s.read(c, log) }) // ends when c has left, or its connection is closed
	}
}

// Online returns how many clients are in the room. It may be called at any time, by any goroutine.
func (s *Server) Online() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.room)
}

// read says what a client sends, until it leaves.
func (s *Server) read(c *client, log *slog.Logger) {
	lines := bufio.NewReaderSize(c.conn, maxLine+len("\r\n"))
	for {
		text, err := readLine(lines)
		if err != nil {
			if s.leave(c, err) {
				log.Info("left", "reason", err)
			} else {
				log.Info("dropped, for it does not read")
			}
			return
		}
		s.say(c, text)
	}
}

// write sends a client what it hears. A connection that takes nothing any more ends nothing here: there
// may be lines in it that the client sent before it went, and it is for the reader to see the end.
func (c *client) write() {
	defer c.conn.Close()
	var err error
	for line := range c.queue {
		if err == nil {
			_, err = io.WriteString(c.conn, line)
		}
	}
}

// enter makes a client of a connection, and tells everybody.
func (s *Server) enter(conn net.Conn) *client {
	c := &client{conn: conn, addr: conn.RemoteAddr().String(), queue: make(chan string, cmp.Or(s.Queue, 64))}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room == nil {
		s.room = map[*client]bool{}
	}
	s.room[c] = true
	online := users(len(s.room))
	c.queue <- fmt.Sprintf("> Connected to the chat server (%s)\n", online) // there is room: it is the first
	s.tell(c, fmt.Sprintf("> New user %s entered (%s)\n", c.addr, online))
	return c
}

func (s *Server) say(c *client, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room[c] { // it may have been dropped
		s.tell(c, fmt.Sprintf("[%s] %s\n", c.addr, text))
	}
}

// leave is for a client that sends nothing more. It returns false if the client was dropped before.
func (s *Server) leave(c *client, why error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.room[c] {
		return false
	}
	if errors.Is(why, errTooLong) {
		c.put("ERR line too long\n")
	}
	c.conn.Close()
	s.remove(c)
	return true
}

// tell queues a line for everybody but from, and drops those whose queue is full. s.mu is held.
func (s *Server) tell(from *client, line string) {
	var slow []*client
	for c := range s.room {
		if c != from && !c.put(line) {
			slow = append(slow, c)
		}
	}
	for _, c := range slow {
		c.conn.Close() // wakes its reader and its writer
		s.remove(c)
	}
}

// remove takes a client out of the room and tells the others, unless that was done. s.mu is held.
func (s *Server) remove(c *client) {
	if !s.room[c] {
		return
	}
	delete(s.room, c)
	close(c.queue)
	s.tell(nil, fmt.Sprintf("< The user %s left (%s)\n", c.addr, users(len(s.room))))
}

// put queues a line, unless the queue is full.
func (c *client) put(line string) bool {
	select {
	case c.queue <- line:
		return true
	default:
		return false
	}
}

// hangUp closes all connections. The readers do the rest.
func (s *Server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.room {
		c.conn.Close()
	}
}

// users is n with the word that goes with it.
func users(n int) string {
	if n <= 1 {
		return fmt.Sprintf("%d user online", n)
	}
	return fmt.Sprintf("%d users online", n)
}

// readLine reads one line and returns it without its ending, which is \n or \r\n.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errTooLong
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
	if len(text) > maxLine {
		return "", errTooLong
	}
	return text, nil
}
