package memnet

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A network is either this package or the loopback device. The tests of this file ask the same of
// both and compare the answers, on Linux, whose TCP this package follows.
type network struct {
	listener net.Listener
	dial     func() (net.Conn, error)
	reset    func(net.Conn) error
}

func inMemory(*testing.T) network {
	l := Listen()
	return network{
		listener: l,
		dial: func() (net.Conn, error) {
			client, err := l.Dial()
			if err != nil {
				return nil, err // not a nil *Conn
			}
			return client, nil
		},
		reset: func(c net.Conn) error {
			if server, ok := c.(*accepted); ok {
				return server.c.Reset()
			}
			return c.(*Conn).Reset()
		},
	}
}

func onLoopback(t *testing.T) network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return network{
		listener: l,
		dial:     func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) },
		reset: func(c net.Conn) error {
			if err := c.(*net.TCPConn).SetLinger(0); err != nil {
				return err
			}
			return c.Close()
		},
	}
}

// halfCloser is what *Conn and *net.TCPConn have beyond a net.Conn.
type halfCloser interface {
	CloseRead() error
	CloseWrite() error
}

// A scene is a client and a server that see what happens when something is done.
type scene struct {
	network
	client, server net.Conn
}

func (s scene) readErr() error        { _, err := read(s.client); return err }
func (s scene) writeErr() error       { _, err := write(s.client, "hello"); return err }
func (s scene) readNothing() error    { _, err := s.client.Read(nil); return err }
func (s scene) writeNothing() error   { _, err := s.client.Write(nil); return err }
func (s scene) closeWrite() error     { return s.client.(halfCloser).CloseWrite() }
func (s scene) closeRead() error      { return s.client.(halfCloser).CloseRead() }
func (s scene) clearDeadline() error  { return s.client.SetDeadline(time.Time{}) }
func (s scene) dialErr() error        { _, err := s.dial(); return err }
func (s scene) acceptErr() error      { _, err := s.listener.Accept(); return err }
func (s scene) serverWrites() error   { _, err := write(s.server, "hello"); return err }
func (s scene) serverCloses() error   { return s.server.Close() }
func (s scene) serverResets() error   { return s.reset(s.server) }
func (s scene) clientCloses() error   { return s.client.Close() }
func (s scene) listenerEnds() error   { return s.listener.Close() }
func (s scene) deadlinePasses() error { return s.client.SetDeadline(time.Unix(1, 0)) }

// writesUntilErr writes until that fails: with TCP, the peer has to answer a Write for that.
func (s scene) writesUntilErr() error {
	for {
		if err := s.writeErr(); err != nil {
			return err
		}
	}
}

// leftBehind is what a client sees that was not accepted when the listener closed.
func (s scene) leftBehind() error {
	client, err := s.dial()
	if err != nil {
		return fmt.Errorf("left behind: %w", err)
	}
	defer client.Close()
	if err := s.listener.Close(); err != nil {
		return fmt.Errorf("left behind: %w", err)
	}
	_, err = read(client)
	return err
}

// memnet follows the TCP of Linux.
func TestAnswersAreThoseOfLoopbackTCP(t *testing.T) {
	for name, steps := range map[string][]func(scene) error{
		"nothing happens":         {scene.writeErr, scene.readNothing, scene.writeNothing, scene.clearDeadline},
		"peer closes":             {scene.serverCloses, scene.readErr, scene.readErr, scene.readNothing, scene.closeWrite, scene.readErr},
		"peer closes, writing":    {scene.serverCloses, scene.readErr, scene.writesUntilErr, scene.writeNothing},
		"peer closes, empty":      {scene.serverCloses, scene.readErr, scene.writeNothing, scene.writeNothing, scene.readErr},
		"last words":              {scene.serverWrites, scene.serverCloses, scene.readErr, scene.readErr},
		"peer resets":             {scene.serverResets, scene.readErr, scene.readNothing, scene.closeWrite, scene.closeRead, scene.clearDeadline, scene.clientCloses},
		"own close":               {scene.clientCloses, scene.readErr, scene.writeErr, scene.readNothing, scene.writeNothing},
		"own close, the rest":     {scene.clientCloses, scene.clientCloses, scene.closeRead, scene.closeWrite, scene.clearDeadline, scene.deadlinePasses},
		"deadline":                {scene.serverWrites, scene.deadlinePasses, scene.readErr, scene.writeErr, scene.readNothing, scene.writeNothing, scene.clearDeadline, scene.readErr, scene.writeErr},
		"deadline and close":      {scene.serverCloses, scene.deadlinePasses, scene.readErr, scene.clearDeadline, scene.readErr},
		"output closed":           {scene.closeWrite, scene.closeWrite, scene.writeErr, scene.writeNothing, scene.serverWrites, scene.readErr, scene.clientCloses},
		"input closed":            {scene.closeRead, scene.closeRead, scene.readErr, scene.serverWrites, scene.readErr, scene.readErr, scene.writeErr},
		"input closed, last line": {scene.serverWrites, scene.closeRead, scene.readErr, scene.readErr},
		"listener closes":         {scene.listenerEnds, scene.listenerEnds, scene.acceptErr, scene.dialErr, scene.serverWrites, scene.readErr},
		"left behind":             {scene.leftBehind},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, play(t, onLoopback(t), steps), play(t, inMemory(t), steps))
		})
	}
}

// play does the steps one by one and returns what each answered.
func play(t *testing.T, n network, steps []func(scene) error) []string {
	t.Helper()
	client, err := n.dial()
	require.NoError(t, err)
	server, err := n.listener.Accept()
	require.NoError(t, err)
	defer n.listener.Close()
	defer client.Close()
	defer server.Close()
	s := scene{network: n, client: client, server: server}
	var answers []string
	for _, step := range steps {
		answers = append(answers, describeErr(s, step(s)))
	}
	return answers
}

// describeErr returns all that a caller may learn from err, with names for the addresses.
func describeErr(s scene, err error) string {
	if err == nil || err == io.EOF {
		return fmt.Sprint(err)
	}
	var at *net.OpError
	if !errors.As(err, &at) {
		return fmt.Sprintf("%T %v", err, err)
	}
	return fmt.Sprintf("%s %s from %s to %s: %T %v, timeout %t, closed %t",
		at.Op, at.Net, s.addrName(at.Source), s.addrName(at.Addr), at.Err, at.Err, at.Timeout(), errors.Is(err, net.ErrClosed))
}

func (s scene) addrName(addr net.Addr) string {
	switch {
	case addr == nil:
		return "nobody"
	case addr.String() == s.listener.Addr().String():
		return "the server"
	case addr.String() == s.client.LocalAddr().String():
		return "the client"
	}
	return "somebody"
}
