package loopback_test

import (
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/loopback"
)

// visit connects to ln, whose connection is forgotten at once.
func visit(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	_, err = ln.Accept()
	require.NoError(t, err)
	return client
}

// isOpen tells whether the other end of conn is still open after a moment.
func isOpen(conn net.Conn) bool {
	conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := conn.Read(make([]byte, 1))
	return os.IsTimeout(err)
}

func TestForgottenConnectionStaysOpen(t *testing.T) {
	ln, err := loopback.Listen("")
	require.NoError(t, err)
	defer ln.Close()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer plain.Close()

	client := visit(t, ln)
	for range 2 { // what came before the second one has been collected before it, if at all
		lost := visit(t, plain)
		for end := time.Now().Add(time.Minute); isOpen(lost); {
			require.True(t, time.Now().Before(end), "Go's garbage collector does not close what is forgotten any more: this package can go")
			runtime.GC()
		}
	}
	assert.True(t, isOpen(client))
}

func TestListensWhereItIsTold(t *testing.T) {
	first, err := loopback.Listen("")
	require.NoError(t, err)
	addr := first.Addr().String()
	_, err = loopback.Listen(addr)
	assert.Error(t, err, "it is in use")
	require.NoError(t, first.Close())
	second, err := loopback.Listen(addr)
	require.NoError(t, err)
	defer second.Close()
	assert.Equal(t, addr, second.Addr().String())
}
