package host

import (
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"lockstep/harness/memnet"
)

// A bridge is a listener whose clients come over TCP, but whose connections are memnet's: the race
// detector does not see when which of a client's bytes arrived. Go's network package would tell it,
// for every write in a process is an edge to every later read in it (ioSync, in package syscall).
type bridge struct {
	tcp net.Listener
	*memnet.Listener

	mu    sync.Mutex
	moved *sync.Cond          // on mu: something in from changed
	from  map[string]*traffic // by client; guarded by mu, values too
}

// A traffic is what passed between a client and the server.
type traffic struct {
	in   Sent
	out  int64 // bytes
	over bool  // no more of them: the server has closed the connection
}

// bridgeBuffer is more than a client of a script sends, so that every byte sent can arrive.
const bridgeBuffer = 1 << 20

func newBridge(tcp net.Listener) *bridge {
	b := &bridge{tcp: tcp, Listener: memnet.Listen(), from: map[string]*traffic{}}
	b.Listener.Buffer = bridgeBuffer
	b.moved = sync.NewCond(&b.mu)
	go b.accept() // ends with the TCP listener
	return b
}

func (b *bridge) Addr() net.Addr { return b.tcp.Addr() }

func (b *bridge) Close() error {
	b.tcp.Close()
	return b.Listener.Close()
}

func (b *bridge) accept() {
	for {
		outer, err := b.tcp.Accept()
		if err != nil {
			return
		}
		inner, err := b.Listener.DialFrom(outer.RemoteAddr().(*net.TCPAddr))
		if err != nil {
			outer.Close()
			return
		}
		b.mu.Lock()
		passed := &traffic{}
		b.from[outer.RemoteAddr().String()] = passed
		b.moved.Broadcast()
		b.mu.Unlock()
		go b.pass(inner, outer.(*net.TCPConn), passed) // ends with the connection
	}
}

// pass carries one client's bytes both ways.
func (b *bridge) pass(inner *memnet.Conn, outer *net.TCPConn, passed *traffic) {
	defer outer.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.out(inner, outer, passed)
		b.mu.Lock()
		passed.over = true
		b.moved.Broadcast()
		b.mu.Unlock()
	}()
	b.in(inner, outer, passed)
	<-done
}

// in passes on what the client sends.
func (b *bridge) in(inner *memnet.Conn, outer *net.TCPConn, passed *traffic) {
	buf := make([]byte, 32<<10)
	for {
		n, err := outer.Read(buf)
		inner.Write(buf[:n]) // a server that is gone does not stop the count
		if errors.Is(err, io.EOF) {
			inner.CloseWrite()
		} else if err != nil {
			inner.Reset()
		}
		b.mu.Lock()
		passed.in.Bytes += int64(n)
		passed.in.Ended = err != nil
		b.moved.Broadcast()
		b.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// out passes on what the server sends.
func (b *bridge) out(inner *memnet.Conn, outer *net.TCPConn, passed *traffic) {
	buf := make([]byte, 32<<10)
	for {
		n, err := inner.Read(buf)
		outer.Write(buf[:n]) // a client that is gone does not stop the count
		b.mu.Lock()
		passed.out += int64(n)
		b.mu.Unlock()
		switch {
		case err == nil:
		case errors.Is(err, syscall.ECONNRESET):
			outer.SetLinger(0)
			outer.Close()
			return
		default:
			outer.CloseWrite()
			return
		}
	}
}

// drain returns when all that the server has sent is on its way, if it has closed its connections, or else
// when the time is over.
func (b *bridge) drain(limit time.Duration) {
	late := false
	defer time.AfterFunc(limit, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		late = true
		b.moved.Broadcast()
	}).Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	open := func(t *traffic) bool { return !t.over }
	for !late && slices.ContainsFunc(slices.Collect(maps.Values(b.from)), open) {
		b.moved.Wait()
	}
}

// replied returns how many bytes each client was sent.
func (b *bridge) replied() map[string]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]int64{}
	for addr, t := range b.from {
		out[addr] = t.out
	}
	return out
}

// awaitAll returns when all that the clients sent has reached the server's connections.
func (b *bridge) awaitAll(want map[string]Sent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for addr, w := range want {
		for {
			got, ok := b.from[addr]
			if ok && got.in.Bytes >= w.Bytes && (got.in.Ended || !w.Ended) {
				break
			}
			b.moved.Wait()
		}
	}
}
