// Package hub is a small server without a bug. The tests of the engine put one in at a time.
package hub

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

// A Server passes on what its clients say.
type Server struct {
	mu      sync.Mutex
	clients map[string]*client // by name
	said    []string
	count   int

	auditMu sync.Mutex // taken behind mu, if both are
	audit   []string

	once sync.Once
	done chan struct{}
}

// A client has a queue, which a goroutine of its own empties into the connection.
type client struct {
	conn  net.Conn
	queue chan []byte
}

func New() *Server {
	return &Server{clients: map[string]*client{}, done: make(chan struct{})}
}

func (s *Server) Serve(ln net.Listener) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return nil
		}
		handlers.Add(1)
		go func() {
			defer handlers.Done()
			s.handle(conn)
		}()
	}
}

// Close tells everybody who asks that the server is closing. It may be called at once from many
// goroutines.
func (s *Server) Close() {
	s.once.Do(func() { close(s.done) })
}

func (s *Server) handle(conn net.Conn) {
	defer conn.Close()
	c := &client{conn: conn, queue: make(chan []byte, 1000)}
	var writer sync.WaitGroup
	writer.Go(func() { c.write() })
	defer writer.Wait()
	defer close(c.queue)

	name := ""
	defer func() { s.leave(name) }()
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		switch word {
		case "NAME":
			if !s.enter(rest, c) {
				c.queue <- []byte("TAKEN\n")
				continue
			}
			name = rest
			c.queue <- []byte("OK\n")
		case "SAY":
			s.say(name, line)
			c.queue <- []byte("SAID\n")
		case "COUNT":
			s.mu.Lock()
			n := s.count
			s.mu.Unlock()
			c.queue <- []byte(strconv.Itoa(n) + "\n")
		case "AUDIT":
			s.mu.Lock()
			s.auditMu.Lock()
			n := len(s.audit)
			s.auditMu.Unlock()
			s.mu.Unlock()
			c.queue <- []byte(strconv.Itoa(n) + "\n")
		}
	}
}

// write ends when the queue is closed.
func (c *client) write() {
	for line := range c.queue {
		c.conn.Write(line)
	}
}

// enter gives the client its name, unless somebody has it.
func (s *Server) enter(name string, c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[name] != nil {
		return false
	}
	s.clients[name] = c
	return true
}

func (s *Server) leave(name string) {
	s.mu.Lock()
	delete(s.clients, name)
	s.mu.Unlock()
}

func (s *Server) say(name string, line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, string(line))
	s.count++
	s.auditMu.Lock()
	s.audit = append(s.audit, name)
	s.auditMu.Unlock()
	for other, c := range s.clients {
		if other == name {
			continue
		}
		select {
		case c.queue <- append([]byte(nil), line...):
		default: // it does not read; let it miss a line
		}
	}
}

var _ io.Writer // for bugs that need package io
