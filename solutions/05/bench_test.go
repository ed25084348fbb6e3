package chat_test

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"lockstep/harness/memnet"
	chat "lockstep/solutions/05"
)

// BenchmarkRoom says what clients cost who are there and say nothing, and how long one line of a
// further client takes to reach all of them. docs/chat-benchmark.md tells what came out.
func BenchmarkRoom(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) { benchmarkRoom(b, n) })
	}
}

func benchmarkRoom(b *testing.B, n int) {
	connection := costOfConnections(b, n)

	before := memory()
	s := &chat.Server{}
	ln := memnet.Listen()
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	start := time.Now()
	clients := fill(b, ln, n)
	entering := float64(n) * float64(n+1) / 2 / time.Since(start).Seconds() // each is told of itself and of all who come later
	perClient := (memory()-before)/float64(n) - connection
	if s.Online() != n {
		b.Fatalf("%d of %d clients are in the room", s.Online(), n)
	}

	sender, listeners := clients[0], clients[1:]
	line := []byte("the line that everybody hears\n")
	for b.Loop() {
		sender.Write(line)
		for _, c := range listeners {
			c.drain(b, 1)
		}
	}
	b.ReportMetric(float64(len(listeners))*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(entering, "lines/s-entering")
	b.ReportMetric(perClient, "B/client")
	b.ReportMetric(connection, "B/connection")
	b.ReportMetric(0, "ns/op") // says nothing that lines/s does not say

	ln.Close()
	if err := <-served; err != nil {
		b.Fatal(err)
	}
}

// crowd is how many clients enter at once. The lines about them lie ready for all others until these
// read, and no queue may get full.
const crowd = 32

// fill lets n clients in, and lets each of them read all that it is told.
func fill(b *testing.B, ln *memnet.Listener, n int) []*client {
	var all []*client
	for len(all) < n {
		before := len(all)
		for range min(crowd, n-before) {
			conn, err := ln.Dial()
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, &client{Conn: conn})
		}
		for i, c := range all {
			c.drain(b, len(all)-max(i, before)) // those who come later, and itself if it has come now
		}
	}
	return all
}

// A client is one that reads what it is sent.
type client struct {
	net.Conn
	early int // lines that were read before they were waited for
}

// drain reads so many lines.
func (c *client) drain(b *testing.B, lines int) {
	var buf [4096]byte
	for c.early < lines {
		k, err := c.Read(buf[:])
		if err != nil {
			b.Fatal(err)
		}
		c.early += bytes.Count(buf[:k], []byte("\n"))
	}
	c.early -= lines
}

// costOfConnections returns how much memory one connection takes on this network, without a server.
func costOfConnections(b *testing.B, n int) float64 {
	before := memory()
	ln := memnet.Listen()
	defer ln.Close()
	var ends []net.Conn
	crowd := bytes.Repeat([]byte("> New user 127.0.0.1:12345 entered (10000 users online)\n"), crowd)
	for range n {
		conn, err := ln.Dial()
		if err != nil {
			b.Fatal(err)
		}
		far, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		far.Write(crowd) // the buffers grow with what has to lie in them
		(&client{Conn: conn}).drain(b, bytes.Count(crowd, []byte("\n")))
		ends = append(ends, conn, far)
	}
	cost := (memory() - before) / float64(n)
	for _, end := range ends {
		end.Close()
	}
	return cost
}

// memory returns how many bytes are in use now, stacks included.
func memory() float64 {
	runtime.GC()
	runtime.GC() // what the first has freed is swept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}
