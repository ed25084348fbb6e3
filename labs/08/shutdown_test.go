package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lockstep/harness/host"
	"lockstep/harness/labtest"
	"lockstep/harness/memnet"
	shutdown "lockstep/labs/08"
	"lockstep/labs/08/pending"
	"lockstep/labs/08/program"
)

// The server process of the scenarios is the program of this lab.
func TestMain(m *testing.M) {
	if host.IsServer() {
		os.Exit(host.ServeConsole(program.Run))
	}
	labtest.Main(m, nil)
}

const goodbye = "> Server is shutting down"

// enter connects client number n.
func enter(server *labtest.Server, n int) *labtest.Client {
	c := server.Connect(fmt.Sprintf("client %d", n))
	c.Await(fmt.Sprintf("> You are client %d", n))
	return c
}

// stop begins a Shutdown. From then on Serve may return.
func stop(ctx context.Context, t *testing.T, s *shutdown.Server, server *labtest.Server) *pending.Call {
	t.Helper()
	server.MayReturn()
	return pending.Begin(t, "Shutdown", func() error { return s.Shutdown(ctx) })
}

// requireOver requires that nothing is left of a server that was shut down.
func requireOver(t *testing.T, s *shutdown.Server, server *labtest.Server) {
	t.Helper()
	require.True(t, server.Refuses(), "Shutdown has returned, and somebody could still connect: close the listener")
	require.NoError(t, server.Stop(), "Serve should return nil after Shutdown")
	requireClients(t, s, "the server was shut down")
}

// requireClients requires that Clients() is what is listed, as "1 127.0.0.1:4242".
func requireClients(t *testing.T, s *shutdown.Server, why string, want ...string) {
	t.Helper()
	var got []string
	for id, addr := range labtest.Ask(t, "Clients()", s.Clients) {
		got = append(got, fmt.Sprint(id, " ", addr))
	}
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Fatalf("Clients() should be %v\nand is               %v\n%s", want, got, why)
	}
}

func entry(id int, c *labtest.Client) string { return fmt.Sprint(id, " ", c.Addr()) }

func TestByHand(t *testing.T) { labtest.Scenario(t, "byhand") }

func TestTerminated(t *testing.T) {
	if runtime.GOOS == "windows" {
		labtest.LeaveOut(t, "on Windows no process can be sent SIGTERM or SIGINT: try this one on another system, or by hand with Ctrl-C")
	}
	labtest.Scenario(t, "terminated")
}

func TestIdleClientsAreToldAndReleased(t *testing.T) {
	s := &shutdown.Server{}
	server := labtest.Start(t, s.Serve)
	clients := []*labtest.Client{enter(server, 1), enter(server, 2), enter(server, 3)}
	clients[1].Send([]byte("half a li")) // is no request
	server.Idle()

	call := stop(t.Context(), t, s, server)
	require.NoError(t, call.Wait("all clients are idle"), "Shutdown")
	for _, c := range clients {
		c.Await(goodbye)
		c.AwaitEnd()
	}
	requireOver(t, s, server)
}

// narrow is a network on which the answer to a long line waits for the client to read.
var (
	narrow = labtest.Network{Buffer: 64}
	long   = strings.Repeat("long", 40)
)

// stall connects client number n, and lets it ask for an answer which it does not read.
func stall(server *labtest.Server, n int) (c *labtest.Client, answer string) {
	c = enter(server, n)
	c.Say(long)
	server.Idle() // the server has read it, and waits in the middle of its answer
	return c, "Echo: " + long
}

// requireAnswered requires that a client which begins to read now gets its answer and is told.
func requireAnswered(t *testing.T, c *labtest.Client, answer string) {
	t.Helper()
	if lines := c.Rest(); !slices.Equal(lines, []string{answer, goodbye}) && !slices.Equal(lines, []string{goodbye, answer}) {
		t.Fatalf("a client began to read while the server was shutting down. Its request had been read before, and so it is answered\n"+
			"it should get, in either order: %q, %q\nit got:                         %q", answer, goodbye, lines)
	}
}

func TestAnswerInFlightIsDelivered(t *testing.T) {
	s := &shutdown.Server{}
	server := labtest.StartWith(t, narrow, s.Serve)
	var idle, stalled []*labtest.Client
	var answer string
	for n := 1; n < 12; n += 2 { // so that whoever tells one client after the other waits for somebody
		idle = append(idle, enter(server, n))
		var c *labtest.Client
		c, answer = stall(server, n+1)
		stalled = append(stalled, c)
	}
	idle = append(idle, enter(server, 13))

	call := stop(t.Context(), t, s, server)
	for _, c := range idle { // nobody waits until somebody else has been told
		c.Await(goodbye)
	}
	labtest.Ask(t, "Clients(), while Shutdown waits for a client,", s.Clients)
	call.Blocks("answers are on their way to clients that have not read them yet. Wait for the goroutine of each client")
	if !server.Serving() {
		t.Fatal("Serve returned while answers were on their way to clients that had not read them yet: it waits for the goroutines that it started, also after Shutdown")
	}
	for _, c := range stalled {
		requireAnswered(t, c, answer)
	}
	require.NoError(t, call.Wait("every client has read what it got"), "Shutdown")
	for _, c := range idle {
		c.AwaitEnd()
	}
	requireOver(t, s, server)
}

func TestStalledClientIsCutOffInTheEnd(t *testing.T) {
	s := &shutdown.Server{}
	server := labtest.StartWith(t, narrow, s.Serve)
	anna := enter(server, 1)
	bert, answer := stall(server, 2)

	ctx, cancel := context.WithCancel(t.Context())
	call := stop(ctx, t, s, server)
	anna.Await(goodbye)
	call.Blocks("an answer is on its way to client 2, and ctx is not done")
	cancel()
	require.ErrorIs(t, call.Wait("its ctx is done, and client 2 still does not read: close its connection"), context.Canceled,
		"Shutdown should return ctx.Err() when it had to use force")
	anna.AwaitEnd()
	require.NotContains(t, bert.Rest(), answer, "client 2 should have been cut off in the middle of its answer")
	requireOver(t, s, server)
}

// requireServing requires that Serve has not returned, in a bubble.
func requireServing(t *testing.T, served chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-served:
		t.Fatalf("Serve returned although nobody has ended it, with %v", err)
	default:
	}
}

func TestExitShutsDown(t *testing.T) {
	s := &shutdown.Server{}
	server := labtest.StartWith(t, narrow, s.Serve)
	anna := enter(server, 1)
	bert, answer := stall(server, 2)
	server.MayReturn()
	console := pending.Begin(t, "Console", func() error { return s.Console(strings.NewReader("exit\n"), io.Discard) })
	anna.Await(goodbye)
	console.Blocks("exit was typed, an answer is on its way to client 2, and so Shutdown has not returned")
	requireAnswered(t, bert, answer)
	require.NoError(t, console.Wait("exit was typed, and every client has read what it got"), "Console after exit")
	anna.AwaitEnd()
	requireOver(t, s, server)
}

func TestStalledClientHoldsNoLock(t *testing.T) {
	s := &shutdown.Server{}
	server := labtest.StartWith(t, narrow, s.Serve)
	anna, bert := enter(server, 1), enter(server, 2)
	anna.Say("BROADCAST " + long) // which client 2 does not read
	server.Idle()

	carl := enter(server, 3)
	carl.Say("hello")
	carl.Await("Echo: hello")
	requireClients(t, s, "client 2 does not read what client 1 has for it, and nobody else should notice",
		entry(1, anna), entry(2, bert), entry(3, carl))
	ctx, cancel := context.WithCancel(t.Context())
	call := stop(ctx, t, s, server)
	carl.Await(goodbye)
	cancel()
	err := call.Wait("its ctx is done, and client 2 still does not read")
	require.True(t, err == nil || errors.Is(err, context.Canceled), "Shutdown returned %v", err)
	requireOver(t, s, server)
}

func TestShutdownTwiceAndAtOnce(t *testing.T) {
	s := &shutdown.Server{}
	server := labtest.StartWith(t, narrow, s.Serve)
	bert, answer := stall(server, 1)

	var calls []*pending.Call
	for range 4 {
		calls = append(calls, stop(t.Context(), t, s, server))
	}
	for _, call := range calls {
		call.Blocks("it is one of four calls, and an answer is on its way to client 1. Whoever calls Shutdown waits until it is over")
	}
	requireAnswered(t, bert, answer)
	for _, call := range append(calls, stop(t.Context(), t, s, server)) {
		require.NoError(t, call.Wait("every client has read what it got"), "Shutdown, called by four goroutines and then once more")
	}
	requireOver(t, s, server)
}

func TestServeAfterShutdown(t *testing.T) {
	s := &shutdown.Server{}
	require.NoError(t, pending.Begin(t, "Shutdown", func() error { return s.Shutdown(t.Context()) }).Wait("Serve was not called yet"), "Shutdown before Serve")
	server := labtest.StartOnce(t, labtest.Network{}, s.Serve)
	if !labtest.Until(t, func() bool { return !server.Serving() }) {
		t.Fatal("Serve was called after Shutdown: it should return ErrClosed at once, and it serves")
	}
	require.ErrorIs(t, server.Wait(), shutdown.ErrClosed, "Serve after Shutdown")
}

// A late listener has accepted a client, and its Accept has not returned yet.
type late struct {
	net.Listener
	barrier *memnet.Barrier
}

func (l late) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.barrier.Arrive()
	}
	return conn, err
}

func TestClientAtTheDoor(t *testing.T) {
	s := &shutdown.Server{}
	barrier := memnet.NewBarrier(2) // for one that comes, and one that never does
	t.Cleanup(barrier.Open)
	server := labtest.Start(t, func(ln net.Listener) error { return s.Serve(late{ln, barrier}) })
	anna := server.Connect("a client that is being accepted while the server shuts down")
	server.Idle()

	call := stop(t.Context(), t, s, server)
	call.Returned() // it may, for nobody has come in
	barrier.Open()
	require.NoError(t, call.Wait("the only client is at the door"), "Shutdown")
	for _, line := range anna.Rest() {
		require.Contains(t, []string{"> You are client 1", goodbye}, line, "what a client may be told that comes when the server shuts down")
	}
	requireOver(t, s, server)
}

func TestListenerClosesWithoutShutdown(t *testing.T) {
	broken := errors.New("the network is gone")
	for _, test := range []struct {
		how string
		end func(*labtest.Server)
		err error
	}{
		{"its listener was closed", (*labtest.Server).Close, nil},
		{"Accept failed", func(server *labtest.Server) { server.FailAccept(broken) }, broken},
	} {
		s := &shutdown.Server{}
		server := labtest.StartOnce(t, labtest.Network{}, s.Serve)
		anna, bert := enter(server, 1), enter(server, 2)
		server.MayReturn()
		test.end(server)
		anna.Rest()
		bert.Rest()
		require.ErrorIs(t, server.Wait(), test.err, "Serve when %s", test.how)
		requireClients(t, s, "Serve has returned, for "+test.how)
		require.NoError(t, stop(t.Context(), t, s, server).Wait("Serve has returned"), "Shutdown when nothing is left to be shut down")
	}
}

// Time is virtual in here, so that only waiting takes time, however slow the machine is.
func TestThousandIdleClients(t *testing.T) {
	labtest.VirtualWithin(t, 50*time.Second, func(t *testing.T) {
		s := &shutdown.Server{}
		ln := memnet.Listen()
		defer ln.Close()
		served := make(chan error, 1)
		go func() { served <- s.Serve(ln) }() // ends with the listener
		var clients []*memnet.Conn
		for range 1000 {
			c, err := ln.Dial()
			require.NoError(t, err)
			defer c.Close()
			clients = append(clients, c)
		}
		requireServing(t, served)

		begin := time.Now()
		stopped := make(chan error, 1)
		go func() { stopped <- s.Shutdown(t.Context()) }() // ends in time
		select {
		case err := <-stopped:
			require.NoError(t, err, "Shutdown")
		case <-time.After(time.Minute):
			t.Fatal("Shutdown has not returned after a minute on a clock that jumps when all goroutines wait, and a thousand clients are idle")
		}
		if took := time.Since(begin); took > time.Second {
			t.Fatalf("Shutdown took %v with a thousand idle clients, and should take less than a second. What did it wait for? (A clock that jumps counts waiting only, no work.)", took)
		}
		for i, c := range clients {
			text, err := io.ReadAll(c)
			require.NoError(t, err)
			require.True(t, strings.HasSuffix(string(text), goodbye+"\n"), "client %d of 1000 was not told; it got %q", i+1, text)
		}
	})
}
