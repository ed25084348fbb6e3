package memnet

import (
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressesAreDistinctLoopbackPorts(t *testing.T) {
	seen := make(map[string]bool)
	for range 3 {
		l := Listen()
		for range 3 {
			client, server := connect(t, l)
			assert.Equal(t, l.Addr(), client.RemoteAddr())
			assert.Equal(t, l.Addr(), server.LocalAddr())
			assert.False(t, seen[client.LocalAddr().String()], client.LocalAddr())
			seen[client.LocalAddr().String()] = true
		}
		assert.False(t, seen[l.Addr().String()], l.Addr())
		seen[l.Addr().String()] = true
	}
	for addr := range seen {
		parsed, err := net.ResolveTCPAddr("tcp", addr)
		require.NoError(t, err)
		assert.True(t, parsed.IP.IsLoopback())
	}
	assert.IsType(t, &net.TCPAddr{}, Listen().Addr())
}

func TestAcceptTakesClientsInTheirOrder(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		for range 2 { // the queue works again after it was empty
			var clients []*Conn
			for range 3 {
				client, err := l.Dial()
				require.NoError(t, err)
				clients = append(clients, client)
			}
			for _, client := range clients {
				server, err := l.Accept()
				require.NoError(t, err)
				assert.Equal(t, client.LocalAddr(), server.RemoteAddr())
			}
		}
	})
}

func TestAcceptWaitsForAClient(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		first, second := startAccept(l), startAccept(l)
		first.waits(t)
		second.waits(t)
		for range 2 {
			_, err := l.Dial()
			require.NoError(t, err)
		}
		one, err := first.returns(t)
		require.NoError(t, err)
		two, err := second.returns(t)
		require.NoError(t, err)
		assert.NotSame(t, one, two)
	})
}

func TestClientNeedNotWaitForAccept(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		client, err := l.Dial()
		require.NoError(t, err)
		mustWrite(t, client, "hello and goodbye")
		require.NoError(t, client.Close())
		server, err := l.Accept()
		require.NoError(t, err)
		mustRead(t, server, "hello and goodbye")
		_, err = read(server)
		assert.Equal(t, io.EOF, err)
	})
}

func TestListenersBufferHoldsForBothDirections(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		l.Buffer = 5
		client, server := connect(t, l)
		defer client.Close()
		mustWrite(t, client, "12345")
		mustWrite(t, server, "12345")
		startWrite(client, "6").waits(t)
		startWrite(server, "6").waits(t)
	})
}

func TestClosedListenerRefuses(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		accepting := startAccept(l)
		accepting.waits(t)
		require.NoError(t, l.Close())
		_, err := accepting.returns(t)
		assertClosed(t, err, "accept")
		_, err = l.Accept()
		assertClosed(t, err, "accept")
		assertClosed(t, l.Close(), "close")
		client, err := l.Dial()
		assert.ErrorIs(t, err, syscall.ECONNREFUSED)
		assert.Nil(t, client)
		assert.NotNil(t, l.Addr())
	})
}

func assertClosed(t *testing.T, err error, op string) {
	t.Helper()
	assert.ErrorIs(t, err, net.ErrClosed)
	var at *net.OpError
	require.ErrorAs(t, err, &at)
	assert.Equal(t, op, at.Op)
}

func TestClosedListenerResetsClientsThatWait(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		accepted, server := connect(t, l)
		defer accepted.Close()
		reader, err := l.Dial()
		require.NoError(t, err)
		writer, err := l.Dial()
		require.NoError(t, err)
		reading := startRead(reader)
		reading.waits(t)

		require.NoError(t, l.Close())
		_, err = reading.returns(t)
		assert.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = write(writer, "hello")
		assert.ErrorIs(t, err, syscall.ECONNRESET)

		mustWrite(t, accepted, "still here")
		mustRead(t, server, "still here")
	})
}

func TestFailAcceptComesBeforeClients(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		client, err := l.Dial()
		require.NoError(t, err)
		first, second := errors.New("first"), syscall.EMFILE
		l.FailAccept(first)
		l.FailAccept(second)
		_, err = l.Accept()
		assert.Same(t, first, err)
		_, err = l.Accept()
		assert.Equal(t, second, err)
		server, err := l.Accept()
		require.NoError(t, err)
		assert.Equal(t, client.LocalAddr(), server.RemoteAddr())
	})
}

func TestFailAcceptWakesAccept(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		accepting := startAccept(l)
		accepting.waits(t)
		l.FailAccept(syscall.EMFILE)
		_, err := accepting.returns(t)
		assert.Equal(t, syscall.EMFILE, err)
	})
}

func TestDialIsRefusedWhenTheBacklogIsFull(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		for range backlog {
			_, err := l.Dial()
			require.NoError(t, err)
		}
		_, err := l.Dial()
		assert.ErrorIs(t, err, syscall.ECONNREFUSED)
		_, err = l.Accept()
		require.NoError(t, err)
		_, err = l.Dial()
		assert.NoError(t, err)
	})
}

func TestDialPreparesTheClientBeforeTheServerHasIt(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		accepting := startAccept(l)
		client, err := l.DialAs(Dialer{Prepare: func(client *Conn) {
			accepting.waits(t)
			mustWrite(t, client, "prepared")
		}})
		require.NoError(t, err)
		server, err := accepting.returns(t)
		require.NoError(t, err)
		mustRead(t, server, "prepared")
		assert.Equal(t, client.LocalAddr(), server.RemoteAddr())
	})
}

func TestErrorsOfAListenerReadAsThoseOfPackageNet(t *testing.T) {
	l := Listen()
	require.NoError(t, l.Close())
	_, err := l.Accept()
	assert.EqualError(t, err, "accept tcp "+l.Addr().String()+": use of closed network connection")
	_, err = l.Dial()
	assert.EqualError(t, err, "dial tcp "+l.Addr().String()+": connect: "+syscall.ECONNREFUSED.Error())
	assert.True(t, strings.HasPrefix(l.Addr().String(), "127.0.0.1:"))
}

// What a check does to a connection is not for the server that got it: an assertion to an interface must not find it.
func TestServersEndHasNoControls(t *testing.T) {
	l := Listen()
	defer l.Close()
	_, err := l.Dial()
	require.NoError(t, err)
	conn, err := l.Accept()
	require.NoError(t, err)
	var methods []string
	for m := range reflect.TypeOf(conn).Methods() {
		methods = append(methods, m.Name)
	}
	assert.Equal(t, []string{"Close", "CloseRead", "CloseWrite", "LocalAddr", "Read", "RemoteAddr", "SetDeadline", "SetReadDeadline", "SetWriteDeadline", "Write"}, methods)
}

func TestAddressesOfTheEndsAreApart(t *testing.T) {
	client, server := connect(t, Listen())
	want := client.LocalAddr().String()
	assert.Equal(t, want, server.RemoteAddr().String())
	server.RemoteAddr().(*net.TCPAddr).Port = 1
	server.RemoteAddr().(*net.TCPAddr).IP[0] = 1
	assert.Equal(t, want, client.LocalAddr().String())
	assert.Same(t, server.RemoteAddr(), server.RemoteAddr(), "it can be compared")
}
