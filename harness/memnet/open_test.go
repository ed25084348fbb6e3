package memnet_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/memnet"
)

func TestWhoeverIsLeftOpenIsFound(t *testing.T) {
	ln := memnet.Listen()
	defer ln.Close()
	var servers []net.Conn
	var clients []*memnet.Conn
	for range 3 {
		client, err := ln.Dial()
		require.NoError(t, err)
		server, err := ln.Accept()
		require.NoError(t, err)
		clients, servers = append(clients, client), append(servers, server)
	}
	n, _ := ln.Open()
	assert.Equal(t, 3, n)
	servers[0].Close()
	servers[2].Close()
	n, left := ln.Open()
	assert.Equal(t, 1, n)
	assert.Same(t, clients[1], left)
	assert.True(t, clients[0].PeerClosed())
	clients[1].Close()
	n, _ = ln.Open()
	assert.Equal(t, 1, n, "that the client has closed it closes nothing for the server")
	servers[1].Close()
	n, left = ln.Open()
	assert.Zero(t, n)
	assert.Nil(t, left)
}

func TestClientsMayHaveOneAddress(t *testing.T) {
	ln := memnet.Listen()
	defer ln.Close()
	first, err := ln.Dial()
	require.NoError(t, err)
	second, err := ln.DialAs(memnet.Dialer{From: first.LocalAddr().(*net.TCPAddr), Buffer: 3})
	require.NoError(t, err)
	a, err := ln.Accept()
	require.NoError(t, err)
	b, err := ln.Accept()
	require.NoError(t, err)
	assert.Equal(t, a.RemoteAddr().String(), b.RemoteAddr().String())
	assert.Equal(t, 3, second.Room())
	_, err = second.Write([]byte("ab"))
	require.NoError(t, err)
	assert.Equal(t, 1, second.Room())
}
