// Package loopback, beside the student's code, is TCP within this machine, for servers that are to be checked.
package loopback

import (
	"cmp"
	"net"
	"sync"
)

// A Listener accepts connections that stay open until they are closed, or the process ends. Otherwise Go's garbage
// collector would close those that a server forgets, sooner or later, and the mistake would show by luck.
type Listener struct{ *net.TCPListener }

// kept are all connections that were accepted. They are not the listener's, which may be forgotten, too.
var kept struct {
	sync.Mutex
	conns []net.Conn
}

// Listen listens at addr, which is host:port; "" stands for a free port of 127.0.0.1. The caller closes the listener.
func Listen(addr string) (Listener, error) {
	ln, err := net.Listen("tcp", cmp.Or(addr, "127.0.0.1:0"))
	if err != nil {
		return Listener{}, err
	}
	return Listener{ln.(*net.TCPListener)}, nil
}

// Accept is that of [net.TCPListener]. It may be called concurrently.
func (l Listener) Accept() (net.Conn, error) {
	conn, err := l.TCPListener.Accept()
	if err == nil {
		kept.Lock()
		defer kept.Unlock()
		kept.conns = append(kept.conns, conn)
	}
	return conn, err
}
