// Package shutdown is another right answer to lab 08, with a reader and a writer for each client.
//
// Whatever a client is to hear goes through its queue, and its writer is the only one that writes to it. The
// server's end is a context, and each reader is woken by it.
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

	once    sync.Once
	ctx     context.Context // done when the server closes
	stop    context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex // guards the fields below; whoever adds to running holds it
	clients map[int]*client
	last    int
}

type client struct {
	id    int
	conn  net.Conn
	queue chan string   // lines that it is to hear
	left  chan struct{} // closed when it says nothing any more: nobody may wait for room in its queue
}

// prepare makes what the zero value lacks.
func (s *Server) prepare() {
	s.once.Do(func() {
		s.ctx, s.stop = context.WithCancel(context.Background())
	})
}

// Serve serves every client that connects to ln in a goroutine of its own. After Shutdown was called it
// returns nil once every goroutine that it started has ended. When ln is closed by somebody else, it closes
// all connections first; any other error of Accept ends it in the same way, and is returned.
// Called after Shutdown it returns ErrClosed at once.
func (s *Server) Serve(ln net.Listener) error {
	s.prepare()
	if s.ctx.Err() != nil {
		return ErrClosed
	}
	defer s.running.Wait()
	defer context.AfterFunc(s.ctx, func() { ln.Close() })()
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			s.enter(conn)
			continue
		case s.ctx.Err() == nil: // nobody has called Shutdown
			s.close()
			s.hangUp()
		}
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		return err
	}
}

// Clients returns the addresses of the connected clients by their numbers. The map belongs to the caller.
func (s *Server) Clients() map[int]net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	addrs := make(map[int]net.Addr, len(s.clients))
	for id, c := range s.clients {
		addrs[id] = c.conn.RemoteAddr()
	}
	return addrs
}

// Shutdown ends the server. It lets nobody in any more, tells each client, and waits until every request
// that was read is answered, every connection closed and every goroutine ended; then it returns nil. If ctx is done
// before that, it closes the connections by force and returns ctx.Err(). It may be called more than once, and
// by several goroutines at once: each call waits for the end.
func (s *Server) Shutdown(ctx context.Context) error {
	s.prepare()
	s.close()
	stop := context.AfterFunc(ctx, s.hangUp)
	s.running.Wait()
	if !stop() {
		return ctx.Err()
	}
	return nil
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

// close says that it is over. The lock makes it one step with enter.
func (s *Server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

func (s *Server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.conn.Close()
	}
}

func (s *Server) enter(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		conn.Close()
		return
	}
	s.last++
	c := &client{id: s.last, conn: conn, queue: make(chan string, 16), left: make(chan struct{})}
	c.queue <- fmt.Sprintf("> You are client %d\n", c.id)
	if s.clients == nil {
		s.clients = map[int]*client{}
	}
	s.clients[c.id] = c
	s.running.Go(func() { s.read(c) })  // ends with the connection, or with s.ctx
	s.running.Go(func() { s.write(c) }) // ends when read has
	cmp.Or(s.Log, slog.New(slog.DiscardHandler)).Info("came", "client", c.id, "addr", conn.RemoteAddr())
}

// read reads what a client says, and queues what there is to be heard of it.
func (s *Server) read(c *client) {
	defer close(c.left)
	defer context.AfterFunc(s.ctx, func() { c.conn.SetReadDeadline(time.Now()) })()
	lines := bufio.NewReaderSize(c.conn, maxLine+len("\r\n"))
	for {
		line, err := readLine(lines)
		if errors.Is(err, errTooLong) {
			c.queue <- "ERR line too long\n"
		}
		if err != nil {
			return
		}
		if text, ok := strings.CutPrefix(line, "BROADCAST "); ok {
			s.broadcast(c, fmt.Sprintf("[%d] %s\n", c.id, text))
			continue
		}
		c.queue <- "Echo: " + line + "\n" // its writer takes it, also when the connection is broken
	}
}

func (s *Server) broadcast(from *client, line string) {
	s.mu.Lock()
	others := slices.Collect(maps.Values(s.clients))
	s.mu.Unlock()
	for _, c := range others {
		if c != from {
			select {
			case c.queue <- line:
			case <-c.left:
			}
		}
	}
}

// write writes what is queued, until the client has left and nothing is queued any more. Then it is out.
func (s *Server) write(c *client) {
	defer func() {
		s.mu.Lock()
		delete(s.clients, c.id)
		s.mu.Unlock()
		c.conn.Close()
	}()
	for {
		select {
		case line := <-c.queue:
			io.WriteString(c.conn, line)
			continue
		case <-c.left:
		}
		break
	}
	for {
		select {
		case line := <-c.queue:
			io.WriteString(c.conn, line)
		default:
			if s.ctx.Err() != nil {
				io.WriteString(c.conn, "> Server is shutting down\n")
			}
			return
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
