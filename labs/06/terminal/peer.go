package terminal

import (
	"bufio"
	"fmt"
	"io"
	"sync"
	"time"

	"lockstep/harness/memnet"
)

// A Peer is the server's end of the connection of a [Console]. Like a server it reads what comes, unless
// it was made to stall. Its methods begin as those of Console do.
type Peer struct {
	console *Console
	conn    *memnet.Conn
	start   time.Time
	reading sync.Once

	mu   sync.Mutex // guards the fields below
	came []arrival  // and were not asked for
	err  error      // why nothing follows: io.EOF if the program has closed the connection
}

// An arrival is a line that came from the program.
type arrival struct {
	line string
	at   time.Duration // since the program's start
}

func newPeer(c *Console, conn *memnet.Conn) *Peer {
	return &Peer{console: c, conn: conn, start: time.Now()}
}

// Resume lets a server that stalled read, from now on.
func (p *Peer) Resume() { p.reading.Do(func() { go p.receive() }) } // ends with the connection

func (p *Peer) receive() {
	r := bufio.NewReader(p.conn)
	for {
		text, err := r.ReadString('\n')
		at := time.Since(p.start)
		p.mu.Lock()
		for _, line := range split(text) {
			p.came = append(p.came, arrival{line, at})
		}
		p.err = err
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Says sends a line.
func (p *Peer) Says(line string) {
	p.console.t.Helper()
	p.Sends(line + "\n")
}

// Sends sends text, which need not end with a line.
func (p *Peer) Sends(text string) {
	p.console.t.Helper()
	p.console.settle()
	io.WriteString(p.conn, text)
}

// Leaves closes the connection.
func (p *Peer) Leaves() {
	p.console.t.Helper()
	p.console.settle()
	p.conn.Close()
}

// Resets breaks the connection off, as when the server's machine crashes.
func (p *Peer) Resets() {
	p.console.t.Helper()
	p.console.settle()
	p.conn.Reset()
}

// take returns what came since it was last called, and how it ended, if it did.
func (p *Peer) take() ([]arrival, error) {
	p.console.t.Helper()
	p.console.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	came := p.came
	p.came = nil
	return came, p.err
}

// Gets requires that these lines came since it was last asked, in this order, and no others.
func (p *Peer) Gets(want ...string) {
	t := p.console.t
	t.Helper()
	came, _ := p.take()
	var got []string
	for _, a := range came {
		got = append(got, a.line)
	}
	if !equal(got, want) {
		t.Fatalf("%s%s", compared("the server should get %s\nand got           %s", want, got), p.console.why(len(got) < len(want)))
	}
}

// jumps is said of a time that nobody has waited for.
const jumps = ", on a clock that jumps when all goroutines wait"

// GetsAt requires that one line came since it was last asked, and that it came so long after the
// program's start. since says what the time means.
func (p *Peer) GetsAt(at time.Duration, line, since string) {
	t := p.console.t
	t.Helper()
	came, _ := p.take()
	switch {
	case len(came) == 0:
		t.Fatalf("the server should get %q %s, and got nothing until now, %v after the start%s%s", line, since, time.Since(p.start), jumps, p.console.why(true))
	case len(came) > 1 || came[0].line != line || came[0].at != at:
		var got string
		for _, a := range came[:min(5, len(came))] {
			got += fmt.Sprintf("\n  %v after the start: %q", a.at, a.line)
		}
		if n := len(came) - 5; n > 0 {
			got += fmt.Sprintf("\n  and %d further lines", n)
		}
		t.Fatalf("the server should get %q once, %s: %v after the start%s\nand got%s", line, since, at, jumps, got)
	}
}

// GetsEnd requires that the program has closed the connection, without another line.
func (p *Peer) GetsEnd() {
	t := p.console.t
	t.Helper()
	switch came, err := p.take(); {
	case len(came) > 0:
		t.Fatalf("the server waited for the end of the connection and got %q", came[0].line)
	case err != io.EOF:
		t.Fatalf("the server waited for the end of the connection, and it is still open%s", p.console.why(true))
	}
}
