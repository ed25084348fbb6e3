package memnet

import (
	"net"
	"sync"
	"syscall"

	"lockstep/harness/norace"
	"lockstep/harness/steer"
)

// backlog is how many clients may wait for Accept. A check that dials more has lost count.
const backlog = 4096

// A Listener is a net.Listener whose clients dial in memory. All its methods may be called
// concurrently. Listen makes it.
type Listener struct {
	// Buffer is how many bytes each direction of a connection holds before Write blocks; 0 stands for
	// 64 KiB. It is set before the first Dial.
	Buffer int

	addr *net.TCPAddr

	mu          norace.Mutex // guards the fields below
	closed      bool
	limited     bool  // the listener closes itself
	left        int   // when so many more clients are accepted
	first, last *Conn // the server's ends that wait for Accept, linked by next
	waiting     int   // how many these are
	accepted    *Conn // the last of those that were, linked by next
	futile      int   // how many Accepts have found the listener closed
	early       bool  // a client was read from before the listener was closed
	failure     *failure
	changed     *norace.Cond // broadcast when a field above changes
}

// A failure is an error that a coming Accept will return.
type failure struct {
	err  error
	next *failure

	// edge is locked and unlocked on both sides of the queue, for the happens-before edge that this
	// makes and nothing else here does: without it, a server that looks at err would be reported.
	edge sync.Mutex
}

// Listen returns a listener at a loopback address that no other listener or client of this process has.
//
//go:norace
func Listen() *Listener {
	l := &Listener{addr: newAddr()}
	l.changed = norace.NewCond(&l.mu)
	return l
}

// Addr returns the listener's *net.TCPAddr. Nothing listens there but this listener's Dial.
//
//go:norace
func (l *Listener) Addr() net.Addr { return l.addr }

// Dial connects a new client and returns its end. It does not wait for Accept: what the client does
// before lies ready for the server. Once the listener is closed, or when 4096 clients wait for Accept,
// Dial fails with syscall.ECONNREFUSED.
//
//go:norace
func (l *Listener) Dial() (*Conn, error) {
	return l.DialAs(Dialer{})
}

// DialFrom is Dial by a client that has an address already: one that came over a real network.
//
//go:norace
func (l *Listener) DialFrom(from *net.TCPAddr) (*Conn, error) {
	return l.DialAs(Dialer{From: from})
}

// A Dialer is what is special about a client that dials.
type Dialer struct {
	Buffer  int                // how many bytes each direction holds before Write blocks; 0 means as the listener says
	From    *net.TCPAddr       // its address, which others may have, too; nil is one that nobody has
	Prepare func(client *Conn) // is called before the server can accept the peer, so that a hold is in place before its first Read or Write; nil does nothing
	Held    *Barrier           // where the Accept that has got it arrives before it returns; nil is nowhere
}

// DialAs is Dial by a client that is special.
//
//go:norace
func (l *Listener) DialAs(d Dialer) (*Conn, error) {
	buffer, from := d.Buffer, d.From
	if buffer == 0 {
		buffer = l.Buffer
	}
	if from == nil {
		from = newAddr()
	} else {
		from = copyOf(from)
	}
	client, server := newPair(buffer, from, l.addr)
	server.door, server.from = d.Held, l
	if d.Prepare != nil {
		d.Prepare(client)
	}
	if !l.enqueue(server) {
		client.Close() // for the deadlines that Prepare may have set
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: l.addr, Err: sysError("connect", syscall.ECONNREFUSED)}
	}
	return client, nil
}

// enqueue gives server to Accept and tells whether that was possible.
//
//go:norace
func (l *Listener) enqueue(server *Conn) bool {
	l.mu.Lock()
	ok := !l.closed && l.waiting < backlog
	if ok {
		if l.first == nil {
			l.first = server
		} else {
			l.last.next = server
		}
		l.last = server
		l.waiting++
		l.changed.Broadcast()
	}
	l.mu.Unlock()
	return ok
}

// Accept waits for a client and returns the server's end. It has CloseRead and CloseWrite besides the methods of a net.Conn, and no others: what a
// [Conn] has for checks is not for the server.
//
//go:norace
func (l *Listener) Accept() (net.Conn, error) {
	if l.spent() {
		l.Close()
	}
	l.mu.Lock()
	conn, failure := l.dequeue()
	l.mu.Unlock()
	if conn != nil {
		conn.point(steer.Accepts)
		if conn.door != nil {
			conn.door.Arrive()
		}
		return &accepted{conn}, nil
	}
	if failure != nil {
		failure.edge.Lock()
		//lint:ignore SA2001 it is for the order that FailAccept tells of
		failure.edge.Unlock()
		return nil, failure.err
	}
	return nil, l.errClosed("accept")
}

// dequeue waits for a client or a failure and returns neither if the listener is closed. The caller
// holds the mutex.
//
//go:norace
func (l *Listener) dequeue() (*Conn, *failure) {
	for {
		switch {
		case l.closed:
			l.pastEnd()
			return nil, nil
		case l.failure != nil:
			f := l.failure
			l.failure = f.next
			return nil, f
		case l.first != nil:
			conn := l.first
			l.first = conn.next
			if l.first == nil {
				l.last = nil
			}
			conn.next = l.accepted
			l.accepted = conn
			l.waiting--
			l.left--
			return conn, nil
		}
		l.changed.Wait()
	}
}

// pastEnd does not return to an Accept of a closed listener that is one too many, as that of a Conn.
// The caller holds the mutex.
//
//go:norace
//go:noinline
func (l *Listener) pastEnd() {
	for l.futile++; l.futile > tooOften; {
		l.changed.Wait()
	}
}

// Early tells whether a client was read from before the listener was closed.
//
//go:norace
func (l *Listener) Early() bool {
	l.mu.Lock()
	early := l.early
	l.mu.Unlock()
	return early
}

// Open returns how many connections were accepted that the server has not closed, and the client's end of one of them.
//
//go:norace
func (l *Listener) Open() (n int, client *Conn) {
	l.mu.Lock()
	conn := l.accepted
	l.mu.Unlock()
	for ; conn != nil; conn = conn.next { // what is linked here stays so
		if !conn.peer.PeerClosed() {
			n, client = n+1, conn.peer
		}
	}
	return n, client
}

// CloseAfter makes the listener close itself when n more clients have been accepted and Accept is
// called once more: at the earliest moment at which a server can learn of it, when the last client's
// handler may not have begun.
//
//go:norace
func (l *Listener) CloseAfter(n int) {
	l.mu.Lock()
	l.limited, l.left = true, n
	l.mu.Unlock()
}

//go:norace
func (l *Listener) spent() bool {
	l.mu.Lock()
	spent := l.limited && l.left <= 0
	l.mu.Unlock()
	return spent
}

// FailAccept makes the next Accept, also one that waits already, return err as it is, whether clients
// wait or not: they are accepted after. Several calls fail as many Accepts, in their order. What the
// caller did before is ordered before the Accept that fails, for the detector too: it made err, and
// the server will look at it.
//
//go:norace
func (l *Listener) FailAccept(err error) {
	f := &failure{err: err}
	f.edge.Lock()
	//lint:ignore SA2001 it is for the order that is told of above
	f.edge.Unlock()
	l.mu.Lock()
	end := &l.failure
	for *end != nil {
		end = &(*end).next
	}
	*end = f
	l.changed.Broadcast()
	l.mu.Unlock()
}

// Close ends the listener: Accept, also one that waits, fails with net.ErrClosed. Clients that nobody
// has accepted see a reset, as those in TCP's backlog do; the accepted ones are not touched.
//
//go:norace
func (l *Listener) Close() error {
	l.mu.Lock()
	already, abandoned := l.closed, l.first
	l.closed = true
	l.first, l.last, l.waiting, l.failure = nil, nil, 0, nil
	l.changed.Broadcast()
	l.mu.Unlock()
	if already {
		return l.errClosed("close")
	}
	for conn := abandoned; conn != nil; conn = conn.next {
		conn.Reset()
	}
	return nil
}

//go:norace
func (l *Listener) errClosed(op string) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
}
