// Package shutdown is another right answer to lab 08, in which one goroutine owns what others would lock.
//
// The owner does what it is asked, one thing after the other, and never waits for a client. Each client has a
// goroutine that selects on its next line and on the end of the server.
package shutdown

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxLine is the longest line that a client may send, in bytes, without its ending.
const maxLine = 4096

// grace is how long exit on the console waits for clients before it closes their connections by force.
const grace = 10 * time.Second

// ErrClosed is what Serve returns when Shutdown was called before it.
var ErrClosed = errors.New("server is shut down")

var errTooLong = errors.New("line too long")

// A Server tells its clients apart by number, and passes on what one of them has for all others. Set Log
// before Serve. A Server serves once. All methods may be called at the same time.
type Server struct {
	Log *slog.Logger // what the server does, for people; nil means silence

	lock chan struct{} // made by ready: holds the one token, and who has it may use the fields below
	once sync.Once
	quit chan struct{} // made by ready, closed when the server closes
	over chan struct{} // made by ready, closed when the last client has gone behind that

	closing bool
	clients map[int]net.Conn
	last    int
}

// do has f done while nobody else uses the fields. f waits for nobody.
func (s *Server) do(f func()) {
	s.once.Do(func() {
		s.lock = make(chan struct{}, 1)
		s.quit, s.over = make(chan struct{}), make(chan struct{})
		s.clients = map[int]net.Conn{}
	})
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	f()
}

// close says that it is over, and whether it was the first to say so.
func (s *Server) close() (first bool) {
	s.do(func() {
		if first = !s.closing; first {
			s.closing = true
			close(s.quit)
			s.last = -1 // no further numbers
			s.mayBeOver()
		}
	})
	return first
}

// mayBeOver is for those who have changed what it looks at, within do.
func (s *Server) mayBeOver() {
	if s.closing && len(s.clients) == 0 {
		close(s.over)
	}
}

// Serve serves every client that connects to ln in a goroutine of its own. After Shutdown was called it
// returns nil once every goroutine that it started has ended. When ln is closed by somebody else, it closes
// all connections first; any other error of Accept ends it in the same way, and is returned.
// Called after Shutdown it returns ErrClosed at once.
func (s *Server) Serve(ln net.Listener) error {
	late := false
	s.do(func() { late = s.closing })
	if late {
		return ErrClosed
	}
	var broken error
	served := make(chan struct{})
	go func() { // ends with the listener
		defer close(served)
		for {
			conn, err := ln.Accept()
			if err != nil {
				broken = err
				return
			}
			s.enter(conn)
		}
	}()
	select {
	case <-s.quit:
		ln.Close()
		<-served
	case <-served:
		if s.close() {
			s.hangUp()
		}
	}
	<-s.over
	if errors.Is(broken, net.ErrClosed) {
		return nil
	}
	return broken
}

// Clients returns the addresses of the connected clients by their numbers. The map belongs to the caller.
func (s *Server) Clients() map[int]net.Addr {
	addrs := map[int]net.Addr{}
	s.do(func() {
		for id, conn := range s.clients {
			addrs[id] = conn.RemoteAddr()
		}
	})
	return addrs
}

// Shutdown ends the server. It lets nobody in any more, tells each client, and waits until every request
// that was read is answered, every connection closed and every goroutine ended; then it returns nil. If ctx is done
// before that, it closes the connections by force and returns ctx.Err(). It may be called more than once, and
// by several goroutines at once: each call waits for the end.
func (s *Server) Shutdown(ctx context.Context) error {
	s.close()
	select {
	case <-s.over:
		return nil
	case <-ctx.Done():
		s.hangUp()
		<-s.over
		return ctx.Err()
	}
}

// Console obeys the commands that are read from in, a line each, and prints on out. It returns nil at the
// end of in; exit ends it, too, and then it returns what Shutdown returned.
func (s *Server) Console(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		switch lines.Text() {
		case "list":
			clients := s.Clients()
			fmt.Fprintln(out, count(len(clients)))
			for _, id := range slices.Sorted(maps.Keys(clients)) {
				fmt.Fprintln(out, id, clients[id])
			}
		case "exit":
			ctx, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			return s.Shutdown(ctx)
		default:
			fmt.Fprintln(out, "commands: list, exit")
		}
	}
	return lines.Err()
}

func (s *Server) hangUp() {
	s.do(func() {
		for _, conn := range s.clients {
			conn.Close()
		}
	})
}

func (s *Server) enter(conn net.Conn) {
	id := 0
	s.do(func() {
		if !s.closing {
			s.last++
			id = s.last
			s.clients[id] = conn
		}
	})
	if id == 0 {
		conn.Close()
		return
	}
	cmp.Or(s.Log, slog.New(slog.DiscardHandler)).Info("came", "client", id, "addr", conn.RemoteAddr())
	go s.handle(id, conn) // ends with the client, or behind quit; Shutdown and Serve wait for it
}

// A said is what readLine returned.
type said struct {
	line string
	err  error
}

func (s *Server) handle(id int, conn net.Conn) {
	lines := make(chan said)
	done := make(chan struct{})
	read := make(chan struct{})
	go func() { // ends with the connection
		defer close(read)
		r := bufio.NewReaderSize(conn, maxLine+len("\r\n"))
		for {
			line, err := readLine(r)
			select {
			case lines <- said{line, err}:
			case <-done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	s.talk(id, conn, lines)
	close(done)
	conn.Close()
	<-read
	s.do(func() {
		delete(s.clients, id)
		s.mayBeOver()
	})
}

// talk answers lines until there are no more, or the server closes.
func (s *Server) talk(id int, conn net.Conn, lines chan said) {
	fmt.Fprintf(conn, "> You are client %d\n", id)
	for {
		select {
		case next := <-lines:
			switch {
			case errors.Is(next.err, errTooLong):
				io.WriteString(conn, "ERR line too long\n")
				return
			case next.err != nil:
				return
			}
			s.answer(id, conn, next.line)
		case <-s.quit:
			select {
			case next := <-lines: // read before
				if next.err == nil {
					s.answer(id, conn, next.line)
				}
			default:
			}
			io.WriteString(conn, "> Server is shutting down\n")
			return
		}
	}
}

func (s *Server) answer(id int, conn net.Conn, line string) {
	if text, ok := strings.CutPrefix(line, "BROADCAST "); ok {
		s.broadcast(id, fmt.Sprintf("[%d] %s\n", id, text))
		return
	}
	io.WriteString(conn, "Echo: "+line+"\n")
}

func (s *Server) broadcast(from int, line string) {
	var others map[int]net.Conn
	s.do(func() { others = maps.Clone(s.clients) })
	delete(others, from)
	for _, conn := range others {
		io.WriteString(conn, line)
	}
}

// count is n with the word that goes with it.
func count(n int) string {
	if n == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", n)
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
