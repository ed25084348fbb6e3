package memnet_test

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"sync"

	"lockstep/harness/memnet"
)

// visits is a server that tells each visitor how many there were so far.
type visits struct {
	mu sync.Mutex
	n  int // guarded by mu
}

func (v *visits) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go v.handle(conn)
	}
}

func (v *visits) handle(conn net.Conn) {
	defer conn.Close()
	if !bufio.NewScanner(conn).Scan() {
		return
	}
	v.mu.Lock()
	v.n++
	n := v.n
	v.mu.Unlock()
	fmt.Fprintf(conn, "visitor %d\n", n)
}

// Two handlers count at the same time. Without the lock, the race detector would report them.
func Example() {
	l := memnet.Listen()
	defer l.Close()
	go new(visits).serve(l)

	barrier := memnet.NewBarrier(2)
	defer barrier.Open()
	var visitors []*memnet.Conn
	for range 2 {
		visitor, err := l.Dial()
		if err != nil {
			fmt.Println(err)
			return
		}
		defer visitor.Close()
		visitor.HoldPeerReads(barrier) // the handler that has read its command waits for the other
		fmt.Fprintln(visitor, "VISIT")
		visitors = append(visitors, visitor)
	}

	var answers []string
	for _, visitor := range visitors {
		answer, _ := bufio.NewReader(visitor).ReadString('\n')
		answers = append(answers, answer)
	}
	slices.Sort(answers)
	fmt.Print(answers[0], answers[1])
	// Output:
	// visitor 1
	// visitor 2
}

// The server has said welcome, but has not gone on: what happens to a visitor in between?
func ExampleConn_HoldPeerWrites() {
	l := memnet.Listen()
	defer l.Close()
	joined := make(chan struct{})
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintln(conn, "welcome")
		close(joined)
	}()

	visitor, err := l.DialAs(memnet.Dialer{Prepare: (*memnet.Conn).HoldPeerWrites})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer visitor.Close()
	greeting, _ := bufio.NewReader(visitor).ReadString('\n')
	fmt.Print(greeting)
	select {
	case <-joined:
		fmt.Println("joined")
	default:
		fmt.Println("not joined yet")
	}
	visitor.ReleasePeerWrites()
	<-joined
	fmt.Println("joined")
	// Output:
	// welcome
	// not joined yet
	// joined
}
