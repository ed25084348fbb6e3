package memnet

import (
	"net"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// onPipe runs check in a bubble on the two ends of a connection with the given buffer.
func onPipe(t *testing.T, buffer int, check func(t *testing.T, a, b *Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(buffer)
		defer a.Close()
		defer b.Close()
		check(t, a, b)
	})
}

// onListener runs check in a bubble on a new listener.
func onListener(t *testing.T, check func(t *testing.T, l *Listener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		defer l.Close()
		check(t, l)
	})
}

// connect dials l and accepts the client. Nobody else may wait in l.
func connect(t *testing.T, l *Listener) (client, server *Conn) {
	t.Helper()
	client, err := l.Dial()
	require.NoError(t, err)
	conn, err := l.Accept()
	require.NoError(t, err)
	return client, conn.(*accepted).c
}

// A call is a function of a bubble on a goroutine of its own, usually one that waits.
type call[T any] struct {
	done  chan struct{}
	value T // set before done is closed, as is err
	err   error
}

func start[T any](f func() (T, error)) *call[T] {
	c := &call[T]{done: make(chan struct{})}
	go c.run(f)
	return c
}

func (c *call[T]) run(f func() (T, error)) {
	defer close(c.done)
	c.value, c.err = f()
}

func startRead(c *Conn) *call[string] { return start(func() (string, error) { return read(c) }) }
func startWrite(c *Conn, s string) *call[int] {
	return start(func() (int, error) { return write(c, s) })
}
func startAccept(l *Listener) *call[net.Conn] { return start(l.Accept) }

// waits fails the test if the call comes to an end while everybody else waits too.
func (c *call[T]) waits(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case <-c.done:
		require.Fail(t, "the call returned instead of waiting", "%v, %v", c.value, c.err)
	default:
	}
}

// returns fails the test if the call needs more to come to an end than has happened.
func (c *call[T]) returns(t *testing.T) (T, error) {
	t.Helper()
	synctest.Wait()
	select {
	case <-c.done:
	default:
		require.Fail(t, "the call waits instead of returning")
	}
	return c.value, c.err
}

// read returns what one Read gets into a large buffer.
func read(c net.Conn) (string, error) {
	p := make([]byte, 1024)
	n, err := c.Read(p)
	return string(p[:n]), err
}

func write(c net.Conn, s string) (int, error) { return c.Write([]byte(s)) }

func mustRead(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got, err := read(c)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func mustWrite(t *testing.T, c net.Conn, s string) {
	t.Helper()
	n, err := write(c, s)
	require.NoError(t, err)
	require.Equal(t, len(s), n)
}
