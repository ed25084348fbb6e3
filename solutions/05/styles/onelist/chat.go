// Package chat is lab 05 with one list: what happens in the room is added at its end, and every client
// walks along it at a pace of its own.
package chat

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
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

	mu   sync.Mutex
	last *event          // the end of the list
	lag  map[*walker]int // for each client in the room, how many lines it has not sent yet
}

// An event is what happened, and who hears of it.
type event struct {
	of       *walker // who did it
	toOthers string
	toItself string
	itsLast  bool          // it has left
	happened chan struct{} // closed when next is set
	next     *event
}

// A walker is a client.
type walker struct {
	conn net.Conn
	addr string
}

// Serve lets every client that connects to ln into the room. Once ln is closed it closes the
// connections, waits for all that it started and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	s.last = &event{happened: make(chan struct{})}
	s.lag = map[*walker]int{}
	s.mu.Unlock()

	var started sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if err != nil {
			s.mu.Lock()
			for w := range s.lag {
				w.conn.Close()
			}
			s.mu.Unlock()
			started.Wait()
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		w := &walker{conn: conn, addr: conn.RemoteAddr().String()}
		began := s.enter(w)
		started.Add(2)
		go func() { // ends with the connection
			defer started.Done()
			s.listen(w)
		}()
		go func() { // ends when w meets the event of its leaving
			defer started.Done()
			s.walk(w, began)
		}()
	}
}

// listen adds what a client says.
func (s *Server) listen(w *walker) {
	r := bufio.NewReaderSize(w.conn, maxLine+len("\r\n"))
	for {
		text, err := readLine(r)
		if err != nil {
			goodbye := ""
			if errors.Is(err, errTooLong) {
				goodbye = "ERR line too long\n"
			}
			s.leave(w, goodbye)
			return
		}
		s.mu.Lock()
		if _, in := s.lag[w]; in {
			s.add(&event{of: w, toOthers: fmt.Sprintf("[%s] %s\n", w.addr, text)})
		}
		s.mu.Unlock()
	}
}

// walk tells a client what has happened since it entered.
func (s *Server) walk(w *walker, e *event) {
	defer w.conn.Close()
	var err error
	for {
		line := e.toOthers
		if e.of == w {
			line = e.toItself
		}
		if line != "" {
			if err == nil {
				_, err = io.WriteString(w.conn, line)
			}
			s.mu.Lock()
			if _, in := s.lag[w]; in {
				s.lag[w]--
			}
			s.mu.Unlock()
		}
		if e.of == w && e.itsLast {
			return
		}
		<-e.happened
		e = e.next
	}
}

// enter returns the event of a client's entering.
func (s *Server) enter(w *walker) *event {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag[w] = 0
	e := &event{
		of:       w,
		toItself: fmt.Sprintf("> Connected to the chat server (%s)\n", users(len(s.lag))),
		toOthers: fmt.Sprintf("> New user %s entered (%s)\n", w.addr, users(len(s.lag))),
	}
	s.add(e)
	return e
}

func (s *Server) leave(w *walker, goodbye string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, in := s.lag[w]; in {
		w.conn.SetWriteDeadline(time.Now().Add(time.Second))
		s.remove(w, goodbye)
	}
}

// remove lets a client leave. s.mu is held.
func (s *Server) remove(w *walker, goodbye string) {
	delete(s.lag, w)
	s.add(&event{of: w, toItself: goodbye, itsLast: true, toOthers: fmt.Sprintf("< The user %s left (%s)\n", w.addr, users(len(s.lag)))})
}

// add puts an event at the end, and drops those for whom it is one too many. s.mu is held.
func (s *Server) add(e *event) {
	e.happened = make(chan struct{})
	s.last.next = e
	close(s.last.happened)
	s.last = e

	limit := s.Queue
	if limit == 0 {
		limit = 64
	}
	for w := range s.lag {
		if w != e.of || e.toItself != "" {
			s.lag[w]++
		}
	}
	for w, n := range s.lag {
		if n > limit {
			w.conn.Close()
			s.remove(w, "")
			return // which has looked at the others
		}
	}
}

// Online returns how many clients are in the room.
func (s *Server) Online() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lag)
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
