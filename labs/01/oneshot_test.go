package oneshot_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"testing"

	"lockstep/harness/labtest"
	oneshot "lockstep/labs/01"
)

func TestMain(m *testing.M) { labtest.Main(m, serve) }

// serve is the server process of the scenario.
func serve(ln net.Listener, log *slog.Logger) error {
	n, err := oneshot.Serve(ln)
	log.Info("Serve returned", "bytes echoed", n)
	return err
}

// A server runs in this process.
type server struct {
	*labtest.Server
	n int64 // what Serve returned; to be looked at behind Result
}

// start runs Serve on a network in memory.
func start(t *testing.T) *server {
	t.Helper()
	return startWith(t, labtest.Network{})
}

func startWith(t *testing.T, network labtest.Network) *server {
	t.Helper()
	s := &server{}
	s.Server = labtest.StartOnce(t, network, func(ln net.Listener) (err error) {
		s.n, err = oneshot.Serve(ln)
		return err
	})
	return s
}

// requireEnd waits until Serve returns, and requires that it returns n and no error.
func (s *server) requireEnd(t *testing.T, n int, when string) {
	t.Helper()
	if err := s.Wait(); err != nil {
		t.Fatalf("Serve returned the error %q when %s: that is the end of its work, and no failure", err, when)
	}
	if s.n != int64(n) {
		t.Fatalf("Serve returned %d when %s, and the number of bytes echoed is %d", s.n, when, n)
	}
}

// echo sends text and waits until it has come back.
func echo(t *testing.T, c *labtest.Client, text string) {
	t.Helper()
	c.Send([]byte(text))
	c.AwaitBytes([]byte(text))
}

// requireNoMore requires that nothing has come back but what was sent.
func requireNoMore(t *testing.T, c *labtest.Client) {
	t.Helper()
	if extra := c.Extra(); len(extra) > 0 {
		t.Fatalf("%d bytes came back that the client did not send, beginning with %.20q: echo the n bytes that Read has filled, buf[:n], and add nothing",
			len(extra), extra)
	}
}

func TestEchoOfNothing(t *testing.T) {
	s := start(t)
	c := s.Connect("a client that sends nothing")
	c.Finish()
	s.requireEnd(t, 0, "its client had nothing to send")
	requireNoMore(t, c)
}

func TestEchoOfOneByte(t *testing.T) {
	s := start(t)
	c := s.Connect("a client that sends one byte")
	echo(t, c, "x")
	c.Finish()
	requireNoMore(t, c)
}

func TestEchoOfAMebibyte(t *testing.T) {
	data := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(data) // looks random, and is the same in every run
	s := start(t)
	c := s.Connect("a client that sends 1 MiB")
	c.Send(data) // the connection has room for it
	c.AwaitBytes(data)
	echo(t, c, "and a few more")
	c.Finish()
	requireNoMore(t, c)
	s.requireEnd(t, len(data)+14, "its client had sent 1 MiB and 14 bytes")
}

func TestEchoesWhileTheClientIsStillSending(t *testing.T) {
	s := start(t)
	c := s.Connect("a client that waits for each echo")
	echo(t, c, "hel") // no line, no end: what is there goes back
	echo(t, c, "lo\n")
	echo(t, c, "\x00 and bytes that are no text: \xff\xfe\xed")
	c.Finish()
	requireNoMore(t, c)
}

func TestOneByteAtATime(t *testing.T) {
	s := start(t)
	c := s.Connect("a client that sends one byte at a time")
	var all []byte
	for b := range byte(100) {
		c.Send([]byte{b})
		s.Idle() // now the server has read this byte, and no other one
		all = append(all, b)
	}
	c.AwaitBytes(all)
	requireNoMore(t, c)
}

func TestSlowReader(t *testing.T) {
	const room = 1000 // bytes that the network holds each way
	s := startWith(t, labtest.Network{Buffer: room})
	c := s.Connect("a client that reads slowly")
	var all []byte
	send := func(letter byte, n int) {
		part := bytes.Repeat([]byte{letter}, n)
		c.Send(part)
		s.Idle() // what the server can do with it, it has done
		all = append(all, part...)
	}
	send('a', room)   // the echo of these fills the way back
	send('b', room/2) // these cannot go back before the client reads
	send('c', room/4)
	send('d', room/4)

	for len(all) > 0 {
		n := min(100, len(all))
		c.AwaitBytes(all[:n])
		s.Idle()
		all = all[n:]
	}
	c.Finish()
	requireNoMore(t, c)
}

func TestSecondClientIsRefused(t *testing.T) {
	s := start(t)
	first := s.Connect("the first client")
	echo(t, first, "hello")
	if !s.Refuses() {
		t.Fatal("a second client could connect while the first was there: close the listener once the first client is in")
	}

	echo(t, first, "still there?")
	first.Finish()
}

func TestServeReturnsHowManyBytesItEchoed(t *testing.T) {
	for _, client := range []struct {
		did  string
		stop func(*labtest.Client)
	}{
		{"stopped sending", (*labtest.Client).Finish}, // a half-close: it still listens
		{"closed its connection", (*labtest.Client).Leave},
	} {
		s := start(t)
		c := s.Connect("a client that " + client.did)
		echo(t, c, "hello, ")
		echo(t, c, "world")
		client.stop(c)
		s.requireEnd(t, len("hello, world"), "its client "+client.did)
	}
}

func TestConnectionAndListenerAreClosed(t *testing.T) {
	s := start(t)
	c := s.Connect("a client that stops sending")
	echo(t, c, "hello")
	c.Finish()
	_ = s.Wait() // whether that is an error, others check
	c.AwaitEnd()
	if !s.Refuses() {
		t.Fatal("Serve has returned, and its listener is still open")
	}
}

// Serve has returned before the client reads a byte: what it wrote is on its way, and has to arrive, and then the end.
func TestEchoArrivesWhenServeHasReturned(t *testing.T) {
	data := bytes.Repeat([]byte("echo"), 5000)
	s := startWith(t, labtest.Network{TCP: true, Buffer: 4 * len(data)})
	c := s.Connect("a client that reads late")
	c.Send(data)
	c.Finish()
	s.requireEnd(t, len(data), "its client had sent 20000 bytes")
	s.MayReturn()
	c.AwaitBytes(data)
	c.AwaitEnd()
}

func TestResetIsAnError(t *testing.T) {
	s := start(t)
	c := s.Connect("a client whose machine crashes")
	echo(t, c, "hello")
	c.Reset()
	if s.Wait() == nil {
		t.Fatal("the connection broke, and Serve returned no error, as if the client had said all it wanted to")
	}
	if s.n != int64(len("hello")) {
		t.Fatalf("5 bytes were echoed before the connection broke, and Serve returned %d, with the error: count them also on this way out", s.n)
	}
}

func TestClientThatLeavesWithoutItsEchoIsAnError(t *testing.T) {
	const room = 1000
	s := startWith(t, labtest.Network{Buffer: room})
	c := s.Connect("a client that leaves without its echo")
	echo(t, c, "hello")
	for _, n := range []int{room, room / 2, room / 4, room / 4} { // as in TestSlowReader
		c.Send(make([]byte, n))
		s.Idle()
	}
	c.Leave()
	if s.Wait() == nil {
		t.Fatal("the client left while Serve was writing to it, and Serve returned no error: does it look at what Write returns?")
	}
}

func TestListenerClosedBeforeAClientCame(t *testing.T) {
	s := start(t)
	s.Close()
	s.requireEnd(t, 0, "its listener was closed and nobody had come")
}

func TestAcceptErrorIsReturned(t *testing.T) {
	broken := errors.New("the network is broken")
	s := start(t)
	s.FailAccept(broken)
	if err := s.Wait(); !errors.Is(err, broken) {
		t.Fatalf("Accept failed with the error %q, and Serve returned %v: return this error", broken, err)
	}
}

// The transcript of the handout.
func TestByHand(t *testing.T) { labtest.Scenario(t, "byhand") }
