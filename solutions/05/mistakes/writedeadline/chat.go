// Package chat, a wrong answer: instead of a queue there is a deadline. Who takes longer than a tenth
// of a second to take a line is dropped, and all others wait as long.
//
// Caught by TestSlowClientMayCatchUp: a client for which only a few lines wait is dropped.
package chat

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

// patience is how long a client may take to take a line.
const patience = 100 * time.Millisecond

var errTooLong = errors.New("line too long")

// A Server is one chat room. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Queue int          // lines waiting for a slow client before it is dropped; 0 means 64
	Log   *slog.Logger // what the server does, for people; nil means silence

	mu   sync.Mutex // held for one event at a time
	room map[*client]bool
}

// A client is one connection.
type client struct {
	conn net.Conn
	addr string
}

// Serve lets every client that connects to ln into the room. Once ln is closed it closes the
// connections, waits for all that it started and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
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

// enter makes a client of a connection, and tells everybody.
func (s *Server) enter(conn net.Conn) *client {
	c := &client{conn: conn, addr: conn.RemoteAddr().String()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room == nil {
		s.room = map[*client]bool{}
	}
	s.room[c] = true
	online := users(len(s.room))
	c.put(fmt.Sprintf("> Connected to the chat server (%s)\n", online))
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

// tell sends a line to everybody but from, and drops those who do not take it. s.mu is held.
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
	s.tell(nil, fmt.Sprintf("< The user %s left (%s)\n", c.addr, users(len(s.room))))
}

// put sends a line, unless the client is slow.
func (c *client) put(line string) bool {
	c.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := io.WriteString(c.conn, line)
	return !errors.Is(err, os.ErrDeadlineExceeded)
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
