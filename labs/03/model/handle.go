package model

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"lockstep/harness/norace"
)

// mostCalls is how many calls of Handle are told apart.
const mostCalls = 4096

// A host is the Handle of a story. Clients tell it what to do, a line each: it answers, returns, panics, closes its connection, or waits until the
// story releases it. What it did, the model knows from it.
type host struct {
	active func() int // the server's
	asks   bool       // each call asks first of all how many are active
	limit  int

	mu      norace.Mutex
	changed *norace.Cond

	// guarded by mu, in functions that the race detector passes over
	begun, over int // calls of Handle, and how many of them have ended
	most        int // were in at once, at most
	calls       [mostCalls]call
	opened      [seats]int // how often a gate was opened
	open        bool       // all gates are, for good
	asking      int        // how many wait for Active
	rested      int        // over when all last came to rest
	highest     int        // what Active has returned since, at most
	odd         asked      // an answer that cannot be
	sooner      int        // what Active has returned before Serve was called
}

// A call is one of Handle.
type call struct {
	how    ending
	closed bool // it has closed its connection itself
	waits  bool // until it is released
}

type ending int

const (
	in ending = iota
	returned
	panicked
)

// asked is what Active said, and what it should have said.
type asked struct {
	wrong         bool
	got           int
	least, atMost int // -1 if there is no such bound
}

// The lines that mean something to Handle.
const (
	sayAsk   = "ask"
	sayBye   = "bye"   // it returns
	sayClose = "close" // it closes the connection and returns
	sayShut  = "shut"  // it closes the connection and waits
	sayWait  = "wait"
	sayText  = "panic"   // with a string
	sayError = "fail"    // with an error
	sayIndex = "runtime" // with an error of the runtime's
)

// Handle is that of the server.
func (h *host) Handle(conn net.Conn) {
	n := h.begin()
	if h.asks {
		h.ask()
	}
	lines := bufio.NewReader(conn)
	io.WriteString(conn, greeting(n)) // whoever has left may have said something
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		word, gate, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case sayAsk:
			h.ask()
			io.WriteString(conn, answer(line))
		case sayWait:
			h.wait(n, gateOf(gate))
			io.WriteString(conn, answer(line))
		case sayShut:
			h.closing(n)
			conn.Close()
			h.wait(n, gateOf(gate))
			h.end(n, returned)
			return
		case sayClose:
			h.closing(n)
			conn.Close()
			h.end(n, returned)
			return
		case sayBye:
			h.end(n, returned)
			return
		case sayText:
			h.end(n, panicked)
			panic(kettle(n))
		case sayError:
			h.end(n, panicked)
			panic(errors.New(kettle(n)))
		case sayIndex:
			h.end(n, panicked)
			_ = make([]int, 1)[kettles+n]
			return
		default:
			io.WriteString(conn, answer(line))
		}
	}
	h.end(n, returned)
}

func greeting(n int) string { return "you are " + strconv.Itoa(n+1) + "\n" }

func answer(line string) string { return "Echo: " + line }

// kettles is where their numbers begin, so that none is the end of another.
const kettles = 10_000

// kettle is the value with which the n-th call panics; that of the runtime says the number, too.
func kettle(n int) string { return "kettle " + strconv.Itoa(kettles+n) + " is 100%dry" }

// index is what a record has of an error of the runtime's.
func index(n int) string { return "[" + strconv.Itoa(kettles+n) + "]" }

// gateOf is the number of a seat's gate.
func gateOf(name string) int {
	for i := range seats {
		if seat(i) == name {
			return i
		}
	}
	return 0
}

//go:norace
func (h *host) begin() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.begun
	h.begun++
	h.most = max(h.most, h.begun-h.over)
	return n
}

//go:norace
func (h *host) end(n int, how ending) {
	h.mu.Lock()
	h.over++
	if n < mostCalls {
		h.calls[n].how = how
	}
	h.mu.Unlock()
}

//go:norace
func (h *host) closing(n int) {
	h.mu.Lock()
	if n < mostCalls {
		h.calls[n].closed = true
	}
	h.mu.Unlock()
}

// wait waits until a gate is opened.
//
//go:norace
func (h *host) wait(n, gate int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n >= mostCalls {
		return
	}
	h.calls[n].waits = true
	for since := h.opened[gate]; h.opened[gate] == since && !h.open; {
		h.changed.Wait()
	}
	h.calls[n].waits = false
}

// release opens a gate for those who wait there.
//
//go:norace
func (h *host) release(gate int) {
	h.mu.Lock()
	h.opened[gate]++
	h.changed.Broadcast()
	h.mu.Unlock()
}

// releaseAll opens all gates for good.
//
//go:norace
func (h *host) releaseAll() {
	h.mu.Lock()
	h.open = true
	h.changed.Broadcast()
	h.mu.Unlock()
}

// ask asks how many are active, and compares that with what the calls know: whoever was in all the time counts, and nobody does beyond Limit but who
// has just returned.
func (h *host) ask() {
	begun := h.asksNow()
	h.answered(begun, h.active())
}

// before asks when Serve was not called yet.
func (h *host) before() {
	h.asksNow()
	n := h.active()
	h.answered(0, n)
	h.early(n)
}

//go:norace
func (h *host) early(n int) {
	h.mu.Lock()
	h.sooner = n
	h.mu.Unlock()
}

//go:norace
func (h *host) asksNow() (begun int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asking++
	return h.begun
}

//go:norace
func (h *host) answered(begun, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asking--
	h.highest = max(h.highest, n)
	least, atMost := begun-h.over, -1
	if h.limit > 0 {
		atMost = h.limit + h.over - h.rested
	}
	if (n < least || atMost >= 0 && n > atMost) && !h.odd.wrong {
		h.odd = asked{true, n, least, atMost}
	}
}

// A count is what the host knows at one moment.
type count struct {
	begun, over, most, asking, rested, highest int
	odd                                        asked
	sooner                                     int
}

//go:norace
func (h *host) count() count {
	h.mu.Lock()
	defer h.mu.Unlock()
	return count{h.begun, h.over, h.most, h.asking, h.rested, h.highest, h.odd, h.sooner}
}

//go:norace
func (h *host) callOf(n int) call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls[n]
}

// rest is called when all have come to rest.
//
//go:norace
func (h *host) rest() {
	h.mu.Lock()
	h.rested, h.highest = h.over, 0
	h.mu.Unlock()
}
