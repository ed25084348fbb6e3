// Programs is a client for each of the servers in package server. It runs the one that is named on
// the command line, and prints what is wrong as far as that shows without the race detector.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lockstep/harness/await"
	"lockstep/harness/memnet"
	"lockstep/harness/norace"
	"lockstep/harness/perturb/engine"
	"lockstep/harness/perturb/testdata/programs/server"
)

const rounds = 3

// programs have the mistake, or have it not if their name ends in "+".
var programs = map[string]func(){
	"map":       func() { talk((*server.Room).MapWithoutLock) },
	"map+":      func() { talk((*server.Room).MapWithLock) },
	"counter":   func() { talk((*server.Room).CounterWithoutLock) },
	"counter+":  func() { talk((*server.Room).CounterWithLock) },
	"slice":     func() { talk((*server.Room).SliceWithoutLock) },
	"slice+":    func() { talk((*server.Room).SliceWithLock) },
	"between":   func() { talk((*server.Room).BetweenSections) },
	"between+":  func() { talk((*server.Room).InSection) },
	"act":       func() { register((*server.Registry).CheckThenAct) },
	"act+":      func() { register((*server.Registry).CheckAndAct) },
	"close":     func() { closeDoor((*server.Door).CloseIfOpen) },
	"close+":    func() { closeDoor((*server.Door).CloseOnce) },
	"add":       func() { stop(server.ServeAddLate) },
	"add+":      func() { stop(server.ServeAddFirst) },
	"count":     func() { visit((*server.Visitors).CountLate) },
	"count+":    func() { visit((*server.Visitors).CountFirst) },
	"orders":    func() { inTurn((*server.Bank).UsersThenLog, (*server.Bank).LogThenUsers) },
	"orders+":   func() { inTurn((*server.Bank).UsersThenLog, (*server.Bank).UsersThenLog) },
	"kept":      func() { inTurn(func(b *server.Bank) { b.KeepLock() }) },
	"kept+":     func() { inTurn(func(b *server.Bank) { b.GiveLockBack() }) },
	"twice":     func() { inTurn(func(b *server.Bank) { b.CountTwice() }) },
	"twice+":    func() { inTurn(func(b *server.Bank) { b.CountOnce() }) },
	"unrelated": func() { server.Unrelated(takeTurn) },
	"echo":      echo,
	"relay":     relay,
}

func main() {
	for _, name := range strings.Split(os.Args[1], ",") {
		engine.Reset()
		programs[name]()
		for _, f := range engine.Misuses() {
			fmt.Printf("%s: %s\n", f.Kind, f.Text)
		}
	}
}

// talk has eight clients that are connected send a line each, at once, over TCP.
func talk(handle func(*server.Room, net.Conn)) {
	for range rounds {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		room := server.NewRoom()
		served := make(chan struct{})
		go func() {
			defer close(served)
			server.ServeAddFirst(ln, func(conn net.Conn) { handle(room, conn) })
		}()
		var conns []net.Conn
		for range 8 {
			conn, err := net.Dial("tcp", ln.Addr().String())
			must(err)
			_, err = bufio.NewReader(conn).ReadString('\n')
			must(err)
			conns = append(conns, conn)
		}
		var clients sync.WaitGroup
		for _, conn := range conns {
			clients.Go(func() {
				fmt.Fprintln(conn, "hello")
				io.ReadAll(conn)
				conn.Close()
			})
		}
		clients.Wait()
		ln.Close()
		<-served
	}
}

// register has four clients ask for the same name, at once.
func register(claim func(*server.Registry, string) bool) {
	for range 10 {
		registry := server.NewRegistry()
		var winners atomic.Int32
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				if claim(registry, "amira") {
					winners.Add(1)
				}
			})
		}
		clients.Wait()
		if n := winners.Load(); n != 1 {
			fmt.Printf("%d clients have the same name\n", n)
		}
	}
}

// closeDoor has four clients close a door, at once.
func closeDoor(closeIt func(*server.Door)) {
	for range 10 {
		door := server.NewDoor()
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				defer func() {
					if x := recover(); x != nil {
						fmt.Println(x)
					}
				}()
				closeIt(door)
			})
		}
		clients.Wait()
	}
}

// relay prints the order in which four goroutines came by.
func relay() {
	var r server.Relay
	var runners sync.WaitGroup
	for i := range byte(4) {
		runners.Go(func() { r.Run('1' + i) })
	}
	runners.Wait()
	fmt.Print(r.Passed())
}

// stop closes the listener when the client is in, and looks whether the server waits for its handler.
func stop(serve func(net.Listener, func(net.Conn))) {
	for range rounds {
		client, conn := memnet.Pipe(0)
		var returned atomic.Bool
		done := make(chan struct{})
		serve(&oneClient{conn: conn}, func(net.Conn) {
			if returned.Load() {
				fmt.Println("a handler runs after Serve has returned")
			}
			close(done)
		})
		returned.Store(true)
		<-done
		client.Close()
	}
}

// visit has somebody served who must have been counted before.
func visit(come func(*server.Visitors, func(int64))) {
	for range rounds {
		var visitors server.Visitors
		counted := make(chan int64)
		come(&visitors, func(n int64) { counted <- n })
		if <-counted == 0 {
			fmt.Println("a visitor is served before it counts")
		}
	}
}

// oneClient is a listener that is closed after its first client.
type oneClient struct {
	net.Listener
	conn net.Conn
}

func (l *oneClient) Accept() (net.Conn, error) {
	conn := l.conn
	l.conn = nil
	if conn == nil {
		return nil, net.ErrClosed
	}
	return conn, nil
}

// inTurn runs each function in a goroutine of its own, one after the other.
func inTurn(fs ...func(*server.Bank)) {
	var bank server.Bank
	for _, f := range fs {
		go f(&bank)
		if busy := await.Idle(10 * time.Second); len(busy) > 0 {
			must(errors.New("busy"))
		}
	}
}

var turn struct {
	mu norace.Mutex
	n  int // guarded by mu
}

// takeTurn makes the goroutine that has turn 2 wait for the one with turn 1, unseen by the detector.
//
//go:norace
func takeTurn(n int) {
	for {
		turn.mu.Lock()
		if turn.n == n-1 {
			turn.n = n
			turn.mu.Unlock()
			return
		}
		turn.mu.Unlock()
		runtime.Gosched()
	}
}

// echo has clients send lines and await each answer, in memory or over TCP, and prints the time for a
// line: echo memory 8 500.
func echo() {
	clients, err := strconv.Atoi(os.Args[3])
	must(err)
	lines, err := strconv.Atoi(os.Args[4])
	must(err)
	var ln net.Listener
	var dial func() (net.Conn, error)
	if os.Args[2] == "memory" {
		l := memnet.Listen()
		ln, dial = l, func() (net.Conn, error) { return l.Dial() }
	} else {
		ln, err = net.Listen("tcp", "127.0.0.1:0")
		must(err)
		dial = func() (net.Conn, error) { return net.Dial("tcp", ln.Addr().String()) }
	}
	room := server.NewRoom()
	served := make(chan struct{})
	start := time.Now()
	go func() {
		defer close(served)
		server.ServeAddFirst(ln, room.Echo)
	}()
	var all sync.WaitGroup
	for range clients {
		conn, err := dial()
		must(err)
		all.Go(func() {
			in := bufio.NewReader(conn)
			for range lines {
				_, err := in.ReadString('\n')
				must(err)
				fmt.Fprintln(conn, "hello")
			}
			conn.Close()
		})
	}
	all.Wait()
	ln.Close()
	<-served
	fmt.Println(time.Since(start).Nanoseconds() / int64(clients*lines))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
