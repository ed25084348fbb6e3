// Package shutdown is another right answer to lab 08, with one lock and one condition variable.
//
// There is no WaitGroup: the map of the clients is also the count of their goroutines, and whoever waits for
// the end waits until it is empty.
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
	"os"
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

	mu        sync.Mutex
	changed   sync.Cond // on mu; a client has gone, or a ctx is done
	listeners []net.Listener
	clients   map[int]*client
	last      int
	closing   bool
}

type client struct {
	mu   sync.Mutex // held while one line is written
	conn net.Conn
}

func (c *client) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.conn, format+"\n", args...)
}

// locked locks the server for one step. The step may wait for s.changed.
func (s *Server) locked(step func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.L = &s.mu
	step()
}

// Serve serves every client that connects to ln in a goroutine of its own. After Shutdown was called it
// returns nil once every goroutine that it started has ended. When ln is closed by somebody else, it closes
// all connections first; any other error of Accept ends it in the same way, and is returned.
// Called after Shutdown it returns ErrClosed at once.
func (s *Server) Serve(ln net.Listener) (err error) {
	s.locked(func() {
		if s.closing {
			err = ErrClosed
			return
		}
		s.listeners = append(s.listeners, ln)
		s.clients = map[int]*client{}
	})
	if err != nil {
		return err
	}
	var conn net.Conn
	for conn, err = ln.Accept(); err == nil; conn, err = ln.Accept() {
		s.enter(conn)
	}
	s.locked(func() {
		for _, c := range s.clients {
			if !s.closing {
				c.conn.Close()
			}
		}
		s.closing = true
		for len(s.clients) > 0 {
			s.changed.Wait()
		}
	})
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Clients returns the addresses of the connected clients by their numbers. The map belongs to the caller.
func (s *Server) Clients() map[int]net.Addr {
	addrs := map[int]net.Addr{}
	s.locked(func() {
		for id, c := range s.clients {
			addrs[id] = c.conn.RemoteAddr()
		}
	})
	return addrs
}

// Shutdown ends the server. It lets nobody in any more, tells each client, and waits until every request
// that was read is answered, every connection closed and every goroutine ended; then it returns nil. If ctx is done
// before that, it closes the connections by force and returns ctx.Err(). It may be called more than once, and
// by several goroutines at once: each call waits for the end.
func (s *Server) Shutdown(ctx context.Context) (err error) {
	defer context.AfterFunc(ctx, func() { s.locked(s.changed.Broadcast) })()
	s.locked(func() {
		s.closing = true
		for _, ln := range s.listeners {
			ln.Close()
		}
		for _, c := range s.clients {
			c.conn.SetReadDeadline(time.Now())
		}
		for len(s.clients) > 0 {
			if err = ctx.Err(); err != nil {
				for _, c := range s.clients {
					c.conn.Close()
				}
				return
			}
			s.changed.Wait()
		}
	})
	return err
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

func (s *Server) enter(conn net.Conn) {
	s.locked(func() {
		if s.closing {
			conn.Close()
			return
		}
		s.last++
		id, c := s.last, &client{conn: conn}
		s.clients[id] = c
		go func() { // ends when the client leaves, or is woken by Shutdown; who waits, waits until it is out of the map
			defer s.leave(id, c)
			s.talk(id, c)
		}()
	})
}

func (s *Server) leave(id int, c *client) {
	cmp.Or(s.Log, slog.New(slog.DiscardHandler)).Info("leaves", "client", id)
	c.conn.Close()
	s.locked(func() {
		delete(s.clients, id)
		s.changed.Broadcast()
	})
}

func (s *Server) talk(id int, c *client) {
	c.say("> You are client %d", id)
	lines := bufio.NewReaderSize(c.conn, maxLine+len("\r\n"))
	for {
		line, err := readLine(lines)
		switch {
		case errors.Is(err, errTooLong):
			c.say("ERR line too long")
			return
		case errors.Is(err, os.ErrDeadlineExceeded): // there is but one deadline
			c.say("> Server is shutting down")
			return
		case err != nil:
			return
		}
		text, ok := strings.CutPrefix(line, "BROADCAST ")
		if !ok {
			c.say("Echo: %s", line)
			continue
		}
		var all map[int]*client
		s.locked(func() { all = maps.Clone(s.clients) })
		for other, c := range all {
			if other != id {
				c.say("[%d] %s", id, text)
			}
		}
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
