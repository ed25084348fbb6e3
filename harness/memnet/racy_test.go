//go:build race

package memnet

import (
	"io"
	"net"
	"sync"
	"time"
)

// serve runs handle for each client that l accepts, and returns when l is closed and all are done.
func serve(l net.Listener, handle func(net.Conn)) {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		handlers.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}

// oneByOne sends a line from each of n clients to a server that answers with a line and closes. Each
// client has its answer, and has seen the end, before the next one dials.
func oneByOne(n int, handle func(net.Conn)) {
	l := Listen()
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(l, handle)
	}()
	for range n {
		conn := dial(l)
		send(conn, "hello\n")
		if answer, err := io.ReadAll(conn); string(answer) != "hello\n" || err != nil {
			fail("answer %q, %v", answer, err)
		}
		conn.Close()
	}
	l.Close()
	<-done
}

// counterWithoutLock has two handlers that add to a counter with no lock, long after each other: only
// a network without happens-before edges lets the detector see that nothing orders them.
func counterWithoutLock() {
	counter := 0
	oneByOne(2, func(conn net.Conn) {
		line := receive(conn)
		counter++
		send(conn, line)
	})
}

func counterWithLock() {
	var mu sync.Mutex
	counter := 0
	oneByOne(2, func(conn net.Conn) {
		line := receive(conn)
		mu.Lock()
		counter++
		mu.Unlock()
		send(conn, line)
	})
}

// barredCounterWithoutLock has the handlers add at the same time, which a barrier that orders them would
// hide.
func barredCounterWithoutLock() {
	counter := 0
	during(func(l *Listener) {
		barrier := NewBarrier(2)
		var clients []*Conn
		for range 2 {
			client := dial(l)
			client.HoldPeerReads(barrier)
			send(client, "hello\n")
			clients = append(clients, client)
		}
		for _, client := range clients {
			receive(client)
		}
	}, func(l *Listener) {
		serve(l, func(conn net.Conn) {
			line := receive(conn)
			counter++
			send(conn, line)
		})
	})
}

// broadcastWithoutLock has two handlers write to the same connection, one after the other: what they
// do before is not ordered by that.
func broadcastWithoutLock() {
	counter := 0
	watcher, audience := Pipe(0)
	oneByOne(2, func(conn net.Conn) {
		line := receive(conn)
		counter++
		send(audience, line)
		receive(watcher)
		send(conn, line)
	})
}

// setBeforeDial has the client's goroutine write what a handler reads.
func setBeforeDial() {
	motd := ""
	during(func(l *Listener) {
		motd = "hello\n"
		receive(dial(l))
	}, func(l *Listener) {
		serve(l, func(conn net.Conn) { send(conn, motd) })
	})
}

// setBeforeListenerClose tells the accept loop by a variable why it is woken.
func setBeforeListenerClose() {
	closing := false
	during(func(l *Listener) {
		receive(dial(l))
		closing = true
	}, func(l *Listener) {
		serve(l, func(conn net.Conn) { send(conn, "hello\n") })
		if !closing {
			fail("accept failed")
		}
	})
}

// setBeforeConnClose tells a reader by a variable why it is woken.
func setBeforeConnClose() {
	kicked := false
	wakeReader(&kicked, func(conn net.Conn) { conn.Close() })
}

// setBeforeDeadline does so with a deadline.
func setBeforeDeadline() {
	kicked := false
	wakeReader(&kicked, func(conn net.Conn) { conn.SetReadDeadline(time.Unix(1, 0)) })
}

func wakeReader(kicked *bool, wake func(net.Conn)) {
	_, conn := Pipe(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn.Read(make([]byte, 1))
		if !*kicked {
			fail("read returned")
		}
	}()
	*kicked = true
	wake(conn)
	<-done
}

// An echoQueue answers through a queue and a goroutine of its own, with the read buffer itself or
// with copies.
type echoQueue struct {
	conn   net.Conn
	lines  chan []byte
	copies bool
}

func (q *echoQueue) receive() {
	defer close(q.lines)
	buffer := make([]byte, 64)
	for {
		n, err := q.conn.Read(buffer)
		if err != nil {
			return
		}
		line := buffer[:n]
		if q.copies {
			line = append([]byte(nil), line...)
		}
		q.lines <- line
	}
}

func (q *echoQueue) send() {
	for line := range q.lines {
		q.conn.Write(line)
	}
}

// bufferReused reads into a buffer that waits in the queue to be written.
func bufferReused() { echoThroughQueue(false) }
func bufferCopied() { echoThroughQueue(true) }

func echoThroughQueue(copies bool) {
	client, server := Pipe(0)
	q := &echoQueue{conn: server, lines: make(chan []byte, 8), copies: copies}
	var both sync.WaitGroup
	both.Go(q.receive)
	both.Go(q.send)
	for range 3 {
		send(client, "hello\n")
		receive(client)
	}
	client.CloseWrite()
	both.Wait()
}

func dial(l *Listener) *Conn {
	conn, err := l.Dial()
	if err != nil {
		fail("dial: %v", err)
	}
	return conn
}

func send(conn net.Conn, s string) {
	if _, err := conn.Write([]byte(s)); err != nil {
		fail("write: %v", err)
	}
}

// receive returns what one Read gets.
func receive(conn net.Conn) string {
	p := make([]byte, 64)
	n, err := conn.Read(p)
	if err != nil {
		fail("read: %v", err)
	}
	return string(p[:n])
}
