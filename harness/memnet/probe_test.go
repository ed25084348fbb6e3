package memnet

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClientFromOutsideKeepsItsAddress(t *testing.T) {
	ln := Listen()
	from := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 4711}
	client, err := ln.DialFrom(from)
	require.NoError(t, err)
	server, err := ln.Accept()
	require.NoError(t, err)
	assert.Equal(t, "192.0.2.7:4711", server.RemoteAddr().String())
	assert.Equal(t, "192.0.2.7:4711", client.LocalAddr().String())

	require.NoError(t, ln.Close())
	_, err = ln.DialFrom(from)
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestBufferedIsWhatCanBeRead(t *testing.T) {
	a, b := Pipe(0)
	assert.Zero(t, b.Buffered())
	_, err := a.Write([]byte("hello"))
	require.NoError(t, err)
	assert.Equal(t, 5, b.Buffered())
	_, err = b.Read(make([]byte, 2))
	require.NoError(t, err)
	assert.Equal(t, 3, b.Buffered())
}

func TestReadableAndWritableSayWhatWouldNotWait(t *testing.T) {
	for _, row := range []struct {
		name               string
		then               func(a, b *Conn) error
		readable, writable bool
	}{
		{"nothing", func(a, b *Conn) error { return nil }, false, true},
		{"bytes are there", func(a, b *Conn) error { _, err := b.Write([]byte("x")); return err }, true, true},
		{"no room is left", func(a, b *Conn) error { _, err := a.Write([]byte("full")); return err }, false, false},
		{"the peer has finished", func(a, b *Conn) error { return b.CloseWrite() }, true, true},
		{"the peer has closed", func(a, b *Conn) error { a.Write([]byte("full")); return b.Close() }, true, true},
		{"the peer has reset", func(a, b *Conn) error { a.Write([]byte("full")); return b.Reset() }, true, true},
		{"closed", func(a, b *Conn) error { a.Write([]byte("full")); return a.Close() }, true, true},
		{"a deadline has passed", func(a, b *Conn) error { return a.SetDeadline(time.Unix(1, 0)) }, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, b := Pipe(4)
			require.NoError(t, row.then(a, b))
			assert.Equal(t, row.readable, a.Readable(), "readable")
			assert.Equal(t, row.writable, a.Writable(), "writable")
		})
	}
}

func TestListenerClosesItselfBehindTheLastClient(t *testing.T) {
	ln := Listen()
	ln.CloseAfter(1)
	_, err := ln.Dial()
	require.NoError(t, err)
	late, err := ln.Dial()
	require.NoError(t, err)

	_, err = ln.Accept()
	require.NoError(t, err)
	_, err = ln.Accept()
	assert.ErrorIs(t, err, net.ErrClosed)
	_, err = late.Read(make([]byte, 1))
	assert.ErrorIs(t, err, syscall.ECONNRESET)
}
