// Package chat is lab 05 with a mailbox for each client: a list of lines under a lock of its own. The
// client's writer takes all that is there at once, and sends it in one piece.
package chat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
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

	turn  sync.Mutex // events happen one after another
	users []*user    // guarded by turn
}

// A user is a client in the room.
type user struct {
	addr  string
	conn  net.Conn
	inbox mailbox
}

// A mailbox holds lines until they are taken.
type mailbox struct {
	mu     sync.Mutex
	more   sync.Cond // on mu: there are lines, or there will be none any more
	lines  []string
	limit  int
	closed bool
}

// put adds a line, unless there are too many, and says whether it did.
func (m *mailbox) put(line string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return true // nobody misses it
	}
	if len(m.lines) >= m.limit {
		return false
	}
	m.lines = append(m.lines, line)
	m.more.Signal()
	return true
}

// take waits for lines and returns all that there are, or false if there will be none.
func (m *mailbox) take() (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.lines) == 0 && !m.closed {
		m.more.Wait()
	}
	all := strings.Join(m.lines, "")
	m.lines = nil
	return all, all != ""
}

func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.more.Signal()
}

// Serve lets every client that connects to ln into the room. Once ln is closed it closes the
// connections, waits for all that it started and returns nil; any other error of Accept it returns.
func (s *Server) Serve(ln net.Listener) error {
	ctx, cancel := context.WithCancel(context.Background())
	var handlers sync.WaitGroup
	defer handlers.Wait()
	defer cancel()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		handlers.Go(func() { s.handle(ctx, conn) })
	}
}

// handle is a client's life. When ctx is done, it ends.
func (s *Server) handle(ctx context.Context, conn net.Conn) {
	u := &user{addr: conn.RemoteAddr().String(), conn: conn}
	u.inbox.limit = s.Queue
	if s.Queue == 0 {
		u.inbox.limit = 64
	}
	u.inbox.more.L = &u.inbox.mu

	var helpers sync.WaitGroup
	defer helpers.Wait()
	gone := make(chan struct{})
	helpers.Go(func() {
		select {
		case <-ctx.Done():
			conn.Close()
		case <-gone:
		}
	})
	helpers.Go(func() { u.send(gone) })

	s.enter(u)
	r := bufio.NewReaderSize(conn, maxLine+len("\r\n"))
	for {
		text, err := readLine(r)
		if err == nil {
			s.say(u, text)
			continue
		}
		if errors.Is(err, errTooLong) {
			s.leave(u, "ERR line too long\n")
		} else {
			conn.Close() // nobody waits for what it has not heard
			s.leave(u, "")
		}
		return
	}
}

// send writes what is in the inbox until it is closed, and closes the connection.
func (u *user) send(gone chan<- struct{}) {
	defer close(gone)
	defer u.conn.Close()
	for {
		lines, ok := u.inbox.take()
		if !ok {
			return
		}
		io.WriteString(u.conn, lines) // if it fails, the reader finds out
	}
}

func (s *Server) enter(u *user) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.users = append(s.users, u)
	n := online(len(s.users))
	u.inbox.put("> Connected to the chat server (" + n + ")\n")
	s.toOthers(u, "> New user "+u.addr+" entered ("+n+")\n")
}

func (s *Server) say(u *user, text string) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if !slices.Contains(s.users, u) {
		return // it was dropped meanwhile, and the others have been told so
	}
	s.toOthers(u, "["+u.addr+"] "+text+"\n")
}

// leave takes a user out. What is put into its inbox last is the last that it hears.
func (s *Server) leave(u *user, last string) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if last != "" {
		u.inbox.put(last)
	}
	s.without(u)
}

// toOthers drops those whose inbox is full. The caller has the turn.
func (s *Server) toOthers(from *user, line string) {
	var full []*user
	for _, u := range s.users {
		if u != from && !u.inbox.put(line) {
			full = append(full, u)
		}
	}
	for _, u := range full {
		s.without(u)
		u.conn.Close()
	}
}

// without takes a user out, if it is in. The caller has the turn.
func (s *Server) without(gone *user) {
	for i, u := range s.users {
		if u != gone {
			continue
		}
		s.users = append(s.users[:i], s.users[i+1:]...)
		u.inbox.close()
		s.toOthers(gone, "< The user "+gone.addr+" left ("+online(len(s.users))+")\n")
		return
	}
}

// Online returns how many clients are in the room.
func (s *Server) Online() int {
	s.turn.Lock()
	defer s.turn.Unlock()
	return len(s.users)
}

func online(n int) string {
	if n == 0 || n == 1 {
		return fmt.Sprint(n, " user online")
	}
	return fmt.Sprint(n, " users online")
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
