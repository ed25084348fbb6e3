// Package shutdown, a wrong answer: Shutdown tells the clients itself, one after the other. Whoever comes behind one
// that does not read is not told; in some runs these are other ones.
//
// Caught by TestAnswerInFlightIsDelivered: half of the clients do not read, and some of the others wait for them.
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

	handlers sync.WaitGroup // one for each client that was ever let in

	mu      sync.Mutex // guards the fields below, and is never held while anybody is waited for
	ln      net.Listener
	clients map[int]net.Conn
	last    int  // the number that was given last
	closing bool // nobody is let in any more
}

// Serve serves every client that connects to ln in a goroutine of its own. After Shutdown was called it
// returns nil once every goroutine that it started has ended. When ln is closed by somebody else, it closes
// all connections first; any other error of Accept ends it in the same way, and is returned.
// Called after Shutdown it returns ErrClosed at once.
func (s *Server) Serve(ln net.Listener) error {
	log := cmp.Or(s.Log, slog.New(slog.DiscardHandler))
	if !s.begin(ln) {
		return ErrClosed
	}
	defer s.handlers.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			if !s.isClosing() { // not by Shutdown
				s.close()
				s.hangUp()
			}
			if errors.Is(err, net.ErrClosed) {
				err = nil
			}
			return err
		}
		if !s.enter(conn, log) {
			conn.Close() // it came when the door was being closed
		}
	}
}

// Clients returns the addresses of the connected clients by their numbers. The map belongs to the caller.
func (s *Server) Clients() map[int]net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	addrs := map[int]net.Addr{}
	for id, conn := range s.clients {
		addrs[id] = conn.RemoteAddr()
	}
	return addrs
}

// Shutdown ends the server. It lets nobody in any more, tells each client, and waits until every request
// that was read is answered, every connection closed and every goroutine ended; then it returns nil. If ctx is done
// before that, it closes the connections by force and returns ctx.Err(). It may be called more than once, and
// by several goroutines at once: each call waits for the end.
func (s *Server) Shutdown(ctx context.Context) error {
	clients := s.close()
	over := make(chan struct{})
	go func() { // ends with the last handler
		for _, conn := range clients {
			io.WriteString(conn, "> Server is shutting down\n")
			conn.SetReadDeadline(time.Unix(1, 0)) // long past. Writes go on: an answer may be on its way
		}
		s.handlers.Wait()
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		s.hangUp()
		<-over // nothing can make a handler wait any more
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

// begin remembers the listener, unless it is over already.
func (s *Server) begin(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.ln, s.clients = ln, map[int]net.Conn{}
	return true
}

// enter lets a client in and starts its handler, unless it is over. Both is one step: whoever closes the
// server afterwards finds the client in the map, and its handler in the WaitGroup.
func (s *Server) enter(conn net.Conn, log *slog.Logger) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.last++
	id := s.last
	s.clients[id] = conn
	log = log.With("client", id)
	s.handlers.Go(func() { s.handle(id, conn, log) }) // ends when the client leaves, or is told to
	return true
}

// close says that it is over, and returns the clients that there are, unless somebody has said so before.
func (s *Server) close() map[int]net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil
	}
	s.closing = true
	if s.ln != nil {
		s.ln.Close()
	}
	return maps.Clone(s.clients)
}

// hangUp closes all connections, whatever is on its way in them.
func (s *Server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.clients {
		conn.Close()
	}
}

// handle serves one client until it leaves, or the server closes.
func (s *Server) handle(id int, conn net.Conn, log *slog.Logger) {
	log.Info("came", "addr", conn.RemoteAddr())
	defer s.leave(id, conn)
	fmt.Fprintf(conn, "> You are client %d\n", id)
	lines := bufio.NewReaderSize(conn, maxLine+len("\r\n"))
	for {
		line, err := readLine(lines)
		if errors.Is(err, errTooLong) {
			io.WriteString(conn, "ERR line too long\n")
			return
		}
		if err != nil {
			log.Info("leaves", "reason", err)
			return
		}
		if text, ok := strings.CutPrefix(line, "BROADCAST "); ok {
			s.broadcast(id, fmt.Sprintf("[%d] %s\n", id, text))
		} else {
			io.WriteString(conn, "Echo: "+line+"\n")
		}
	}
}

// broadcast sends a line to all clients but one. It may have to wait for each of them, and so holds no lock;
// lines do not mix, because each is one Write.
func (s *Server) broadcast(from int, line string) {
	s.mu.Lock()
	others := maps.Clone(s.clients)
	s.mu.Unlock()
	delete(others, from)
	for _, conn := range others {
		io.WriteString(conn, line) // who is gone does not hear it
	}
}

func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

func (s *Server) leave(id int, conn net.Conn) {
	s.mu.Lock()
	delete(s.clients, id)
	s.mu.Unlock()
	conn.Close()
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
