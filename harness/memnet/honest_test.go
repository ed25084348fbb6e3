//go:build race

package memnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The servers of this file have no race, whatever the network does. They synchronise by all the
// means that a student may use, but never by the network.

const members = 3

// converse lets a few clients join a chat server, then all say a line at once, and hear the lines of
// all. The server greets each with a line and sends every line to every member.
func converse(l *Listener) {
	var joined sync.WaitGroup
	var clients sync.WaitGroup
	everybody := make(chan struct{})
	for range members {
		joined.Add(1)
		clients.Go(func() {
			conn := dial(l)
			defer conn.Close()
			in := bufio.NewReader(conn)
			expect(in, "welcome\n")
			joined.Done()
			<-everybody
			send(conn, "hello\n")
			for range members {
				expect(in, "hello\n")
			}
		})
	}
	joined.Wait()
	close(everybody)
	clients.Wait()
}

func expect(in *bufio.Reader, want string) {
	if line, err := in.ReadString('\n'); line != want || err != nil {
		fail("line %q, %v; want %q", line, err, want)
	}
}

// during runs use while serve runs on a listener, closes the listener and waits for serve.
func during(use func(l *Listener), serve func(l *Listener)) {
	l := Listen()
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(l)
	}()
	use(l)
	l.Close()
	<-done
}

// mutexServer is a chat whose handlers write to each other's connections under one lock.
func mutexServer() {
	var mu sync.Mutex
	joined := make(map[net.Conn]int)
	lines := 0
	during(converse, func(l *Listener) {
		serve(l, func(conn net.Conn) {
			mu.Lock()
			joined[conn] = len(joined)
			fmt.Fprintln(conn, "welcome")
			mu.Unlock()
			in := bufio.NewScanner(conn)
			for in.Scan() {
				mu.Lock()
				lines++
				for other := range joined {
					fmt.Fprintln(other, in.Text())
				}
				mu.Unlock()
			}
			mu.Lock()
			delete(joined, conn)
			mu.Unlock()
		})
	})
	if lines != members || len(joined) != 0 {
		fail("%d lines, %d still there", lines, len(joined))
	}
}

// hubServer is a chat whose state belongs to one goroutine, and whose members have a queue and a
// goroutine each that writes.
func hubServer() {
	type member struct {
		conn net.Conn
		out  chan string
	}
	join, leave, say := make(chan *member), make(chan *member), make(chan string)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		joined := make(map[*member]bool)
		for {
			select {
			case m := <-join:
				joined[m] = true
				m.out <- "welcome"
			case m := <-leave:
				delete(joined, m)
				close(m.out)
			case line := <-say:
				for m := range joined {
					m.out <- line
				}
			case <-stop:
				return
			}
		}
	}()
	during(converse, func(l *Listener) {
		serve(l, func(conn net.Conn) {
			m := &member{conn: conn, out: make(chan string, 2*members)}
			var writer sync.WaitGroup
			writer.Go(func() {
				for line := range m.out {
					fmt.Fprintln(m.conn, line)
				}
			})
			join <- m
			in := bufio.NewScanner(conn)
			for in.Scan() {
				say <- in.Text()
			}
			leave <- m
			writer.Wait()
		})
	})
	close(stop)
	<-stopped
}

// pairServer forwards each client to a backend: two goroutines for each pair of connections, and
// whichever ends first closes both.
func pairServer() {
	during(func(backend *Listener) {
		during(func(l *Listener) {
			for i := range members {
				conn := dial(l)
				send(conn, "hello\n")
				expect(bufio.NewReader(conn), "hello\n")
				if i == 0 {
					conn.Reset()
				}
				conn.Close()
			}
		}, func(l *Listener) {
			serve(l, func(conn net.Conn) {
				behind := dial(backend)
				var both sync.WaitGroup
				forward := func(to, from net.Conn) {
					io.Copy(to, from)
					to.Close()
					from.Close()
				}
				both.Go(func() { forward(behind, conn) })
				both.Go(func() { forward(conn, behind) })
				both.Wait()
			})
		})
	}, func(backend *Listener) {
		serve(backend, func(conn net.Conn) { io.Copy(conn, conn) })
	})
}

// deadlineServer answers each line with a fresh deadline, and a goroutine of its own makes the
// deadlines of all connections pass, to stop them.
func deadlineServer() {
	var mu sync.Mutex
	open := make(map[net.Conn]bool)
	timeouts := 0
	during(func(l *Listener) {
		var clients []*Conn
		for range members {
			conn := dial(l)
			clients = append(clients, conn)
			send(conn, "hello\n")
			receive(conn)
		}
		var janitor sync.WaitGroup
		janitor.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			for conn := range open {
				conn.SetReadDeadline(time.Unix(1, 0))
			}
		})
		for _, conn := range clients {
			if answer, err := io.ReadAll(conn); !strings.Contains(string(answer), "i/o timeout") || err != nil {
				fail("answer %q, %v", answer, err)
			}
			conn.Close()
		}
		janitor.Wait()
	}, func(l *Listener) {
		serve(l, func(conn net.Conn) {
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			conn.SetWriteDeadline(time.Now().Add(time.Minute))
			conn.SetReadDeadline(time.Now().Add(time.Millisecond)) // may pass at once, or not
			p := make([]byte, 64)
			n, err := conn.Read(p)
			for isTimeout(err) {
				conn.SetReadDeadline(time.Now().Add(time.Minute))
				n, err = conn.Read(p)
			}
			conn.SetDeadline(time.Time{})
			conn.Write(p[:n])
			_, err = conn.Read(p)
			mu.Lock()
			delete(open, conn)
			if isTimeout(err) {
				timeouts++
			}
			mu.Unlock()
			fmt.Fprintln(conn, err)
		})
	})
	if timeouts != members {
		fail("%d timeouts", timeouts)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() && errors.Is(err, os.ErrDeadlineExceeded)
}

// addressServer asks for addresses and looks at errors in all goroutines that can.
func addressServer() {
	var mu sync.Mutex
	byAddr := make(map[string]net.Conn)
	logged := make(chan any, 64)
	var logger sync.WaitGroup
	logger.Go(func() {
		for entry := range logged {
			fmt.Fprintf(io.Discard, "%v %+v", entry, entry)
		}
	})
	during(func(l *Listener) {
		var clients sync.WaitGroup
		for range members {
			conn := dial(l)
			receive(conn)
			clients.Go(func() {
				describe(conn)
				send(conn, "hello\n")
				_, err := io.ReadAll(conn)
				logged <- conn.RemoteAddr()
				logged <- err
				conn.Close()
				conn.Close()
			})
		}
		clients.Wait()
	}, func(l *Listener) {
		serve(l, func(conn net.Conn) {
			mu.Lock()
			byAddr[conn.RemoteAddr().String()] = conn
			for _, other := range byAddr {
				describe(other)
			}
			mu.Unlock()
			fmt.Fprintln(conn, "welcome to", l.Addr())
			receive(conn)
			logged <- conn
			logged <- conn.RemoteAddr()
			logged <- conn.LocalAddr()
			var twice sync.WaitGroup
			for range 2 {
				twice.Go(func() {
					conn.Close()
					_, err := conn.Read(make([]byte, 1))
					var at *net.OpError
					if !errors.As(err, &at) || !errors.Is(err, net.ErrClosed) || at.Addr != conn.RemoteAddr() {
						fail("%v", err)
					}
					logged <- err
					logged <- at.Source
					logged <- conn
				})
			}
			twice.Wait()
			mu.Lock()
			delete(byAddr, conn.RemoteAddr().String())
			mu.Unlock()
		})
	})
	close(logged)
	logger.Wait()
}

func describe(conn net.Conn) {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if host != "127.0.0.1" || err != nil || conn.LocalAddr().(*net.TCPAddr).Port == 0 {
		fail("%s %v %s", host, err, conn.LocalAddr())
	}
}

// resetServer goes on after clients that break their connection and an Accept that fails.
func resetServer() {
	var mu sync.Mutex
	broken := 0
	during(func(l *Listener) {
		for i := range members {
			l.FailAccept(fmt.Errorf("no files left: %w", &os.SyscallError{Syscall: "accept", Err: syscall.Errno(i + 1)}))
			conn := dial(l)
			send(conn, "hello\n")
			receive(conn)
			conn.Reset()
		}
		l.FailAccept(net.ErrClosed)
	}, func(l *Listener) {
		var handlers sync.WaitGroup
		defer handlers.Wait()
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				fmt.Fprintln(io.Discard, "trying again:", err)
				continue
			}
			handlers.Go(func() {
				defer conn.Close()
				_, err := io.Copy(conn, conn)
				if !errors.Is(err, syscall.ECONNRESET) {
					fail("echo: %v", err)
				}
				_, err = conn.Write([]byte("still there?"))
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, syscall.ECONNRESET) {
					broken++
				}
			})
		}
	})
	if broken != members {
		fail("%d broken", broken)
	}
}

// barrierServer is a chat whose handlers are held and made to act at once.
func barrierServer() {
	var mu sync.Mutex
	lines := 0
	during(func(l *Listener) {
		barrier := NewBarrier(members)
		var clients []*Conn
		for range members {
			conn, err := l.DialAs(Dialer{Prepare: (*Conn).HoldPeerWrites})
			if err != nil {
				fail("dial: %v", err)
			}
			clients = append(clients, conn)
			receive(conn) // the greeting, which the server still writes
			conn.HoldPeerReads(barrier)
			send(conn, "hello\n")
			conn.ReleasePeerWrites()
		}
		for _, conn := range clients {
			receive(conn)
			conn.Close()
		}
	}, func(l *Listener) {
		serve(l, func(conn net.Conn) {
			send(conn, "welcome\n")
			line := receive(conn)
			mu.Lock()
			lines++
			mu.Unlock()
			send(conn, line)
		})
	})
	if lines != members {
		fail("%d lines", lines)
	}
}

// httpServer has package net/http on both sides, which lives on deadlines, on closing what another
// goroutine reads, and on keeping connections.
func httpServer() {
	var mu sync.Mutex
	requests := 0
	server := &http.Server{
		ReadTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			requests++
			mu.Unlock()
			io.Copy(w, r.Body)
			fmt.Fprint(w, r.RemoteAddr)
		}),
	}
	during(func(l *Listener) {
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return l.Dial() }}
		client := &http.Client{Transport: transport, Timeout: time.Minute}
		var clients sync.WaitGroup
		for range members {
			clients.Go(func() {
				for range 3 {
					answer, err := client.Post("http://"+l.Addr().String(), "text/plain", strings.NewReader("hello"))
					if err != nil {
						fail("post: %v", err)
					}
					if body, err := io.ReadAll(answer.Body); !strings.HasPrefix(string(body), "hello127.0.0.1:") || err != nil {
						fail("body %q, %v", body, err)
					}
					answer.Body.Close()
				}
			})
		}
		clients.Wait()
		transport.CloseIdleConnections()
		if err := server.Shutdown(context.Background()); err != nil {
			fail("shutdown: %v", err)
		}
	}, func(l *Listener) { server.Serve(l) })
	if requests != 3*members {
		fail("%d requests", requests)
	}
}
