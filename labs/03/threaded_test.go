package threaded_test

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
	"lockstep/harness/memnet"
	threaded "lockstep/labs/03"
)

func TestMain(m *testing.M) { labtest.Main(m, serve) }

// serve is the server process of the scenario: the program of this lab, with two places.
func serve(ln net.Listener, log *slog.Logger) error {
	s := &threaded.Server{Handle: echo, Limit: 2, Log: log}
	return s.Serve(ln)
}

// echo is the Handle of most checks. It answers each line until the client has no more to say.
func echo(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if lines.Text() == "crash" {
			panic("crash: a client asked for it")
		}
		io.WriteString(conn, "Echo: "+lines.Text()+"\n")
	}
}

// connect connects a client and lets it talk to its handler: from then on it is in.
func connect(t *testing.T, server *labtest.Server, name string) *labtest.Client {
	t.Helper()
	c := server.Connect(name)
	talk(t, c)
	return c
}

// talk says a line and waits for its echo.
func talk(t *testing.T, c *labtest.Client) {
	t.Helper()
	c.Say("hello")
	c.Await("Echo: hello")
}

// requireActive requires that s counts as many clients as are being handled.
func requireActive(t *testing.T, s *threaded.Server, want int, why string) {
	t.Helper()
	if got := labtest.Ask(t, "Active()", s.Active); got != want {
		t.Fatalf("Active() should be %d and is %d: %s", want, got, why)
	}
}

// requireServing requires that Serve has not returned.
func requireServing(t *testing.T, server *labtest.Server, who string) {
	t.Helper()
	if !server.Serving() {
		t.Fatalf("Serve returned (%v) while %s connected: connected clients go on as before, and Serve waits for their handlers", server.Stop(), who)
	}
}

func TestByHand(t *testing.T) { labtest.Scenario(t, "byhand") }

func TestIdleClientDelaysNobody(t *testing.T) {
	server := labtest.Start(t, (&threaded.Server{Handle: echo}).Serve)
	var clients []*labtest.Client
	for i := range 8 {
		clients = append(clients, server.Connect(fmt.Sprintf("client %d of 8, who are all connected,", i+1)))
	}
	for _, c := range slices.Backward(clients) { // the first ones say nothing for the longest time
		talk(t, c)
	}
	for _, c := range clients {
		talk(t, c)
	}
}

func TestThousandClientsAtOnce(t *testing.T) {
	server := labtest.Start(t, (&threaded.Server{Handle: echo}).Serve)
	var clients []*labtest.Client
	for i := range 1000 {
		c := server.Connect(fmt.Sprintf("client %d of 1000, who are all connected,", i+1))
		c.Say("hello")
		clients = append(clients, c)
	}
	for _, c := range clients {
		c.Await("Echo: hello")
	}
}

func TestServerClosesTheConnection(t *testing.T) {
	server := labtest.Start(t, (&threaded.Server{Handle: func(conn net.Conn) {
		line, _ := bufio.NewReader(conn).ReadString('\n')
		io.WriteString(conn, "bye\n")
		if line == "close it yourself\n" {
			conn.Close() // which a Handle may do
		}
	}}).Serve)
	for _, line := range []string{"bye", "close it yourself", "bye"} {
		c := server.Connect(fmt.Sprintf("the client that said %q", line))
		c.Say(line)
		c.Await("bye")
		c.AwaitEnd()
	}
}

func TestServeWaitsForItsHandlers(t *testing.T) {
	server := labtest.Start(t, (&threaded.Server{Handle: echo}).Serve)
	first, second := connect(t, server, "the first client"), connect(t, server, "the second client")

	server.Close()
	requireServing(t, server, "two clients were")
	talk(t, first) // connected clients are served as before
	first.Leave()
	requireServing(t, server, "one client was")
	talk(t, second)
	second.Leave()
	assert.NoError(t, server.Stop(), "Serve should return nil once its listener is closed")
}

// The listener closes when Serve asks it for the client behind the first one. The goroutine of the
// first may not have run a single line by then.
func TestLastClientIsWaitedFor(t *testing.T) {
	for range 5 {
		server := labtest.StartWith(t, labtest.Network{CloseAfter: 1}, (&threaded.Server{Handle: echo}).Serve)
		c := server.Connect("the client behind which the listener closes")
		requireServing(t, server, "a client was")
		talk(t, c)
		c.Leave()
		assert.NoError(t, server.Stop(), "Serve should return nil once its listener is closed")
	}
}

func TestActiveIsExact(t *testing.T) {
	const n = 8
	var s *threaded.Server
	s = &threaded.Server{Handle: func(conn net.Conn) {
		fmt.Fprintf(conn, "you are one of %d\n", s.Active())
		echo(conn)
	}}
	requireActive(t, s, 0, "Serve was not called yet")
	server := labtest.Start(t, s.Serve)
	var clients []*labtest.Client
	for i := range n {
		c := server.Connect(fmt.Sprintf("client %d, whose Handle asked Active() first of all,", i+1))
		c.Await(fmt.Sprintf("you are one of %d", i+1))
		requireActive(t, s, i+1, fmt.Sprintf("%d clients are connected, and the last of them has got a line from its handler", i+1))
		clients = append(clients, c)
	}
	for i, c := range clients {
		if i%2 == 0 {
			c.Leave()
		} else {
			c.Reset()
		}
		server.Idle()
		awaitActive(t, s, n-1-i, fmt.Sprintf("%d of %d clients have left, and the server has come to rest", i+1, n))
	}
}

func TestAnybodyMayAskActive(t *testing.T) {
	var s *threaded.Server
	s = &threaded.Server{Handle: func(conn net.Conn) {
		s.Active()
		echo(conn)
		s.Active()
	}}
	server := labtest.Start(t, s.Serve)
	connect(t, server, "the first client").Leave()
	labtest.Ask(t, "Active()", s.Active)
	for range 3 {
		var clients []*labtest.Client
		for i := range 4 {
			c := server.Connect(fmt.Sprintf("client %d of 4", i+1))
			c.Say("hello")
			clients = append(clients, c)
			labtest.Ask(t, "Active()", s.Active)
		}
		for _, c := range clients {
			c.Await("Echo: hello")
			c.Leave()
			labtest.Ask(t, "Active()", s.Active)
		}
	}
	server.Idle()
	awaitActive(t, s, 0, "all clients have left, and the server has come to rest")
}

func TestPanicCostsItsOwnClientOnly(t *testing.T) {
	s := &threaded.Server{Handle: echo}
	server := labtest.Start(t, s.Serve)
	bystander := connect(t, server, "a client beside the one that said crash")
	unlucky := connect(t, server, "the client that said crash")

	unlucky.Say("crash")
	unlucky.AwaitEnd()
	talk(t, bystander)
	connect(t, server, "a client that came after the one that said crash")
	server.Idle()
	awaitActive(t, s, 2, "three clients came, and the Handle of one has panicked")
}

func TestPanicIsLogged(t *testing.T) {
	records := labtest.NewRecords()
	server := labtest.Start(t, (&threaded.Server{Log: records.Logger(), Handle: func(conn net.Conn) {
		switch line, _ := bufio.NewReader(conn).ReadString('\n'); line {
		case "text\n":
			panic("the kettle is empty")
		case "error\n":
			panic(errors.New("the kettle is hot"))
		}
	}}).Serve)
	for _, panicked := range []struct{ with, value string }{{"text", "the kettle is empty"}, {"error", "the kettle is hot"}} {
		c := server.Connect("the client that said " + panicked.with)
		c.Say(panicked.with)
		c.AwaitEnd()
		server.Idle()
		if !labtest.Until(t, func() bool { return strings.Contains(records.Text(), panicked.value) }) {
			t.Fatalf("Handle panicked with the %s %q, and no record in Log has that value\nwhat was logged:\n%s",
				panicked.with, panicked.value, cmp.Or(records.Text(), "nothing"))
		}
	}
}

// tooManyFiles is what Accept says while the process has no descriptor left: a temporary error.
var tooManyFiles error = &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept", syscall.EMFILE)}

// busy is another temporary error: a net.Error that says so.
type busy struct{}

func (busy) Error() string   { return "the network is busy" }
func (busy) Temporary() bool { return true }
func (busy) Timeout() bool   { return false }

// A timed listener remembers when Accept was called.
type timed struct {
	*memnet.Listener
	mu    sync.Mutex
	calls []time.Time // guarded by mu
}

func (l *timed) Accept() (net.Conn, error) {
	l.mu.Lock()
	l.calls = append(l.calls, time.Now())
	l.mu.Unlock()
	return l.Listener.Accept()
}

func (l *timed) called() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

// requireGrowing requires that pauses begin short and grow until they are a second long.
func requireGrowing(t *testing.T, pauses []time.Duration) {
	t.Helper()
	for i, pause := range pauses {
		wrong := ""
		switch {
		case i == 0 && (pause < time.Millisecond || pause > 100*time.Millisecond):
			wrong = "the first pause should be between 1ms and 100ms long"
		case pause > time.Second:
			wrong = "no pause should be longer than a second"
		case i > 0 && pause <= pauses[i-1] && pause < time.Second:
			wrong = "each pause should be longer than the one before, until they are a second long"
		}
		if wrong != "" {
			t.Fatalf("%s\nAccept failed %d times in a row, and Serve paused after these errors for %v", wrong, len(pauses), pauses)
		}
	}
}

// Time is virtual in here: when all wait, it jumps to the next event. A minute takes no time.
func TestTemporaryAcceptErrorIsRetried(t *testing.T) {
	labtest.Check(t)
	synctest.Test(t, func(t *testing.T) {
		const failures = 12
		ln := &timed{Listener: memnet.Listen()}
		defer ln.Close()
		for range failures / 2 {
			ln.FailAccept(tooManyFiles)
			ln.FailAccept(busy{})
		}
		served := make(chan error, 1)
		go func() { served <- (&threaded.Server{Handle: echo}).Serve(ln) }() // ends with the listener

		time.Sleep(time.Minute) // longer than all pauses together
		calls := ln.called()
		if len(calls) <= failures {
			select {
			case err := <-served:
				t.Fatalf("Accept failed with the temporary error %q, and Serve returned %v", tooManyFiles, err)
			default:
				t.Fatalf("Accept failed %d times, and in a minute, on a clock that jumps when all goroutines wait, it was called %d times: after a temporary error it is to be called again", failures, len(calls))
			}
		}
		var pauses []time.Duration
		for i := range failures {
			pauses = append(pauses, calls[i+1].Sub(calls[i]))
		}
		requireGrowing(t, pauses)

		c, err := ln.Dial()
		require.NoError(t, err)
		defer c.Close()
		c.SetDeadline(time.Now().Add(time.Minute))
		io.WriteString(c, "hello\n")
		answer, err := bufio.NewReader(c).ReadString('\n')
		require.NoError(t, err, "a client that connected after the errors waited for its echo")
		require.Equal(t, "Echo: hello\n", answer)

		synctest.Wait() // until Serve waits in Accept for the next one
		failed, before := time.Now(), len(ln.called())
		ln.FailAccept(tooManyFiles)
		time.Sleep(time.Minute)
		calls = ln.called()
		require.Greater(t, len(calls), before, "Accept succeeded, and then failed with a temporary error: it is to be called again")
		if pause := calls[before].Sub(failed); pause < time.Millisecond || pause > 100*time.Millisecond {
			t.Fatalf("after an Accept that succeeds, the next pause should be a first one again, between 1ms and 100ms long; it was %v", pause)
		}
	})
}

func TestOtherAcceptErrorIsReturned(t *testing.T) {
	for _, broken := range []error{
		errors.New("the network is gone"),
		&net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept", syscall.EINVAL)}, // Temporary() is false
	} {
		server := labtest.StartOnce(t, labtest.Network{}, (&threaded.Server{Handle: echo}).Serve)
		c := connect(t, server, "the client that was there before the error")
		server.FailAccept(broken)
		requireServing(t, server, "Accept had failed, and a client was still")
		talk(t, c)
		c.Leave()
		if !labtest.Until(t, func() bool { return !server.Serving() }) {
			t.Fatalf("Accept failed with %q, which is not temporary, the client has left, and Serve goes on: it should return the error", broken)
		}
		if err := server.Stop(); !errors.Is(err, broken) {
			t.Fatalf("Accept failed with %q, which is not temporary: Serve should return that error, and returned %v", broken, err)
		}
	}
}

// together starts s when the clients are waiting in front of it already.
func together(t *testing.T, s *threaded.Server, n int) (*labtest.Server, []*labtest.Client) {
	t.Helper()
	begin := make(chan struct{})
	defer close(begin)
	server := labtest.Start(t, func(ln net.Listener) error { <-begin; return s.Serve(ln) })
	var clients []*labtest.Client
	for i := range n {
		clients = append(clients, server.Connect(fmt.Sprintf("client %d of %d who came together", i+1, n)))
	}
	return server, clients
}

func TestClientsBeyondLimitWait(t *testing.T) {
	s := &threaded.Server{Handle: echo, Limit: 2}
	server := labtest.Start(t, s.Serve)
	first, second := connect(t, server, "the first client"), connect(t, server, "the second client")
	third, fourth := server.Connect("the third client, beyond a Limit of 2,"), server.Connect("the fourth client, beyond a Limit of 2,")
	third.Say("hello")
	fourth.Say("hello")
	require.True(t, third.HasNothing() && fourth.HasNothing(), "Limit is 2, two clients are in, and another one got an answer")
	requireActive(t, s, 2, "a client that waits for a place does not count")
	talk(t, first) // those who are in do not notice
	talk(t, second)

	first.Leave()
	if labtest.Until(t, func() bool { return !third.HasNothing() || !fourth.HasNothing() }); third.HasNothing() { // who comes in first is for the server to say
		third, fourth = fourth, third
	}
	third.Await("Echo: hello")
	require.True(t, fourth.HasNothing(), "Limit is 2, one client has left, and two got an answer")
	requireActive(t, s, 2, "one client has left, another one has its place, and one waits")

	second.Leave()
	fourth.Await("Echo: hello")
	requireActive(t, s, 2, "two clients have left, and two others have their places")
}

func TestLimitHoldsWhenClientsComeTogether(t *testing.T) {
	const limit = 2
	n := labtest.Size(6, 3)
	for range labtest.Size(5, 1) {
		var in gauge
		s := &threaded.Server{Limit: limit, Handle: func(conn net.Conn) {
			in.enter()
			defer in.leave()
			echo(conn)
		}}
		server, clients := together(t, s, n)
		labtest.Until(t, func() bool { return in.count() >= limit })
		if now := in.count(); now > limit {
			t.Fatalf("Limit is %d, %d clients came together, and %d are being handled at once", limit, n, now)
		}
		for _, c := range clients { // in their turn, all are handled
			c.Say("hello")
			c.Finish()
		}
		for _, c := range clients {
			c.Await("Echo: hello")
			c.AwaitEnd()
		}
		if most := in.highest(); most != limit {
			t.Fatalf("Limit is %d, %d clients came together, and %d were handled at once", limit, n, most)
		}
		assert.NoError(t, server.Stop(), "Serve should return nil once its listener is closed")
	}
}

func TestPlacesAreGivenBack(t *testing.T) {
	server := labtest.Start(t, (&threaded.Server{Handle: echo, Limit: 1}).Serve)
	unlucky := connect(t, server, "the client that said crash")
	unlucky.Say("crash")
	unlucky.AwaitEnd()
	connect(t, server, "the client behind the one that said crash, with a Limit of 1,").Leave()

	server.FailAccept(tooManyFiles)
	connect(t, server, "the client behind a temporary error of Accept, with a Limit of 1,").Leave()
}

// awaitActive is requireActive for clients whose leaving nobody is told of: it may take a server a moment.
func awaitActive(t *testing.T, s *threaded.Server, want int, why string) {
	t.Helper()
	labtest.Until(t, func() bool { return labtest.Ask(t, "Active()", s.Active) == want })
	requireActive(t, s, want, why)
}
