// Package chat is lab 05 with a hub: one goroutine has the room to itself, and all others send it what
// happens. There is no lock, for nothing is shared.
package chat

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

var errTooLong = errors.New("line too long")

// A Server is one chat room. Set the exported fields before Serve. A Server serves once.
type Server struct {
	Queue int          // lines waiting for a slow client before it is dropped; 0 means 64
	Log   *slog.Logger // what the server does, for people; nil means silence

	online atomic.Int64 // written by the hub only
}

// A member is a client. Its queue belongs to the hub, which alone sends and closes.
type member struct {
	conn  net.Conn
	addr  string
	queue chan string
}

// An event is what a goroutine tells the hub.
type event struct {
	kind kind
	who  *member
	text string
}

type kind int

const (
	enters kind = iota
	says
	leaves
	tooLong
	closing
)

// Serve lets every client that connects to ln into the room. Once ln is closed it closes the
// connections, waits for all that it started and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	events := make(chan event)
	var hub, clients sync.WaitGroup
	hub.Go(func() { s.hub(events) }) // ends when events is closed
	err := s.accept(ln, events, &clients)
	events <- event{kind: closing}
	clients.Wait()
	close(events)
	hub.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Server) accept(ln net.Listener, events chan<- event, clients *sync.WaitGroup) error {
	limit := s.Queue
	if limit == 0 {
		limit = 64
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		m := &member{conn, conn.RemoteAddr().String(), make(chan string, limit)}
		events <- event{enters, m, ""}
		clients.Go(m.write)                   // ends when the hub closes the queue
		clients.Go(func() { m.read(events) }) // ends with the connection
	}
}

// hub is the room. It waits for events, and for nothing else.
func (s *Server) hub(events <-chan event) {
	var room []*member
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var broadcast func(from *member, line string)
	remove := func(m *member) {
		i := slices.Index(room, m)
		if i < 0 {
			return // dropped before
		}
		room = slices.Delete(room, i, i+1)
		s.online.Store(int64(len(room)))
		close(m.queue)
		broadcast(nil, fmt.Sprintf("< The user %s left (%s)\n", m.addr, users(len(room))))
	}
	broadcast = func(from *member, line string) {
		var slow []*member
		for _, m := range room {
			if m == from {
				continue
			}
			select {
			case m.queue <- line:
			default:
				slow = append(slow, m)
			}
		}
		for _, m := range slow {
			log.Warn("too slow", "client", m.addr)
			m.conn.Close()
			remove(m)
		}
	}
	for e := range events {
		switch e.kind {
		case enters:
			room = append(room, e.who)
			s.online.Store(int64(len(room)))
			e.who.queue <- fmt.Sprintf("> Connected to the chat server (%s)\n", users(len(room)))
			broadcast(e.who, fmt.Sprintf("> New user %s entered (%s)\n", e.who.addr, users(len(room))))
		case says:
			if !slices.Contains(room, e.who) {
				continue // dropped meanwhile
			}
			broadcast(e.who, fmt.Sprintf("[%s] %s\n", e.who.addr, e.text))
		case tooLong:
			if slices.Contains(room, e.who) { // not dropped meanwhile
				select {
				case e.who.queue <- "ERR line too long\n":
				default:
				}
			}
			remove(e.who)
		case leaves:
			remove(e.who)
		case closing:
			for _, m := range room {
				m.conn.Close()
			}
		}
	}
}

// read tells the hub what a client says, until it says nothing more.
func (m *member) read(events chan<- event) {
	r := bufio.NewReaderSize(m.conn, maxLine+len("\r\n"))
	for {
		text, err := readLine(r)
		switch {
		case errors.Is(err, errTooLong):
			events <- event{tooLong, m, ""}
			m.conn.SetWriteDeadline(time.Now().Add(time.Second))
			return
		case err != nil:
			events <- event{leaves, m, ""}
			m.conn.SetWriteDeadline(time.Now().Add(time.Second))
			return
		}
		events <- event{says, m, text}
	}
}

// write writes what the hub has for a client, and closes the connection behind it.
func (m *member) write() {
	defer m.conn.Close()
	w := bufio.NewWriter(m.conn)
	for line := range m.queue {
		w.WriteString(line) // remembers an error, and does nothing from then on
		if len(m.queue) == 0 {
			w.Flush()
		}
	}
	w.Flush()
}

// Online returns how many clients are in the room.
func (s *Server) Online() int { return int(s.online.Load()) }

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
