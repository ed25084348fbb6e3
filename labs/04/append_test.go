package appendlog_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/demo/script"
	"lockstep/harness/labtest"
	"lockstep/harness/scenario"
	appendlog "lockstep/labs/04"
	"lockstep/labs/04/disk"
)

func TestMain(m *testing.M) { labtest.Main(m, serve) }

// serve is the server process of the scenarios. Its log is a real file.
func serve(ln net.Listener, log *slog.Logger) error {
	s := &appendlog.Server{
		Open: func() (io.WriteCloser, error) {
			return os.OpenFile(script.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		},
		Log: log,
	}
	return s.Serve(ln)
}

// start runs the server in this process, with connections and a log in memory.
func start(t *testing.T) (*labtest.Server, *disk.Log) {
	log := disk.New(t)
	s := &appendlog.Server{Open: log.Open}
	return labtest.Start(t, func(ln net.Listener) error { return s.Serve(ln) }), log
}

// file is a client's file: n times the client's letter, so that a log can be read at a glance.
func file(letter byte, n int) []byte { return bytes.Repeat([]byte{letter}, n) }

// send sends a whole file without waiting for anything.
func send(c *labtest.Client, data []byte) {
	c.Send(append([]byte("SEND\n"), data...))
	c.Finish()
}

// awaitStored waits until the server has acknowledged a file of n bytes.
func awaitStored(t *testing.T, c *labtest.Client, n int) {
	t.Helper()
	c.Await("READY")
	c.Await(fmt.Sprintf("OK %d", n))
	c.AwaitEnd()
}

// pieces describes a log: "3000 × a, 2000 × b".
func pieces(log []byte) string {
	var all []string
	for rest := log; len(rest) > 0; {
		n := len(rest) - len(bytes.TrimLeft(rest, string(rest[:1])))
		all = append(all, fmt.Sprintf("%d × %c", n, rest[0]))
		rest = rest[n:]
	}
	return strings.Join(all, ", ")
}

// requireWhole requires that the log holds these files and nothing else, each in one piece, in any
// order.
func requireWhole(t *testing.T, log []byte, files ...[]byte) {
	t.Helper()
	var want []string
	for _, f := range files {
		if len(f) > 0 {
			want = append(want, pieces(f))
		}
	}
	got := strings.Split(pieces(log), ", ")
	slices.Sort(want)
	if !slices.Equal(want, slices.Sorted(slices.Values(got))) {
		t.Fatalf("the log should hold each file once, whole and in one piece\nexpected, in any order: %s\nthe log holds, in order: %s",
			strings.Join(want, ", "), strings.Join(got, ", "))
	}
}

// play plays a script, which can look into the log.
func play(t *testing.T, name string) {
	t.Helper()
	labtest.ScenarioWith(t, name, scenario.Options{Extra: script.Extra})
}

func TestScenario1(t *testing.T) { play(t, "scenario1") }

func TestScenario2(t *testing.T) { play(t, "scenario2") }

func TestScenario3(t *testing.T) { play(t, "scenario3") }

func TestFileStaysWholeWhileAnotherArrives(t *testing.T) {
	s, log := start(t)
	a, b := file('a', 10_000), file('b', 5000)

	slow := s.Connect("the slow client")
	slow.Say("SEND")
	slow.Await("READY")
	slow.Send(a[:6000])
	s.Idle() // whatever the server does with half a file, it has done it

	quick := s.Connect("the quick client")
	send(quick, b)
	s.Idle()

	slow.Send(a[6000:])
	slow.Finish()
	slow.Await("OK 10000")
	awaitStored(t, quick, len(b))
	requireWhole(t, log.Bytes(), a, b)
}

func TestManyClientsAtOnce(t *testing.T) {
	s, log := start(t)
	sizes := []int{0, 1, 1023, 1024, 1025, 4096, 4097, 100_000}
	sizes = sizes[:labtest.Size(len(sizes), 3)]

	for round := range labtest.Size(3, 1) {
		before := len(log.Bytes())
		var clients []*labtest.Client
		var files [][]byte
		for i, size := range sizes {
			clients = append(clients, s.Connect(fmt.Sprintf("client %d of round %d", i+1, round+1)))
			files = append(files, file(byte('a'+i), size))
		}
		for i, c := range clients {
			send(c, files[i])
		}
		for i, c := range clients {
			awaitStored(t, c, len(files[i]))
		}
		// Acknowledged before the next round asks: in the log before the next round's files.
		requireWhole(t, log.Bytes()[before:], files...)
	}
}

func TestOKMeansStored(t *testing.T) {
	s, log := start(t)
	for _, letter := range []byte("ab") {
		before := len(log.Bytes())
		log.Hold(disk.Close) // the disk is slow
		c := s.Connect("client " + string(letter))
		send(c, file(letter, 5000))
		c.Await("READY")
		require.True(t, c.HasNothing(), "the client has an answer, although the log is not closed: what it was told is not true yet")

		log.Release()
		c.Await("OK 5000")
		require.Equal(t, pieces(file(letter, 5000)), pieces(log.Bytes()[before:]), "the client was told OK, and its file is not what was added to the log")
	}
}

func TestNextClientWaitsForTheClose(t *testing.T) {
	s, log := start(t)
	a, b := file('a', 3000), file('b', 2000)

	log.Hold(disk.Close)
	first := s.Connect("the first client")
	send(first, a)
	s.Idle() // the first client's file is written, and its Close takes its time

	second := s.Connect("the second client")
	send(second, b)
	s.Idle() // the second client wants the log meanwhile

	log.Release()
	awaitStored(t, first, len(a))
	awaitStored(t, second, len(b))
	requireWhole(t, log.Bytes(), a, b)
}

// After any failure the client is told, and the next client finds a server that works.
func testFailure(t *testing.T, op disk.Op) {
	s, log := start(t)
	log.Fail(op, "the disk is broken")
	unlucky := s.Connect("the unlucky client")
	send(unlucky, file('a', 5000))
	unlucky.Skip("READY")
	unlucky.AwaitError()
	unlucky.AwaitEnd()
	require.Zero(t, opened(t, log), "the log is still open after the failure: close what you opened, on every way out")

	before := len(log.Bytes())
	next := s.Connect("the next client")
	send(next, file('b', 3000))
	awaitStored(t, next, 3000)
	require.Equal(t, "3000 × b", pieces(log.Bytes()[before:]), "the next client was told OK, and its file is not what was added to the log")
}

func TestFailedOpenIsToldAndTheNextClientServed(t *testing.T) { testFailure(t, disk.Open) }

func TestFailedWriteIsToldAndTheNextClientServed(t *testing.T) { testFailure(t, disk.Write) }

func TestFailedCloseIsToldAndTheNextClientServed(t *testing.T) { testFailure(t, disk.Close) }

func TestClientsThatLeaveAreForgotten(t *testing.T) {
	s, _ := start(t)
	s.Connect("a client that leaves at once").Leave()

	half := s.Connect("a client that leaves in the middle of a line")
	half.Send([]byte("SE"))
	half.Leave()

	silent := s.Connect("a client that leaves after SEND")
	silent.Say("SEND")
	silent.Await("READY")
	silent.Leave()

	broken := s.Connect("a client that breaks off in its file")
	broken.Say("SEND")
	broken.Await("READY")
	broken.Send(file('a', 5000))
	s.Idle()
	broken.Reset()

	last := s.Connect("a client that stays")
	send(last, file('b', 3000))
	awaitStored(t, last, 3000)
	// When the test ends, Serve must return, with no goroutine and no open log left behind.
}

func TestServeLetsConnectedClientsFinish(t *testing.T) {
	s, log := start(t)
	first, second := s.Connect("the first client"), s.Connect("the second client")
	first.Say("SEND")
	first.Await("READY")
	s.Idle() // both are in

	s.Close()
	require.True(t, s.Serving(), "Serve returned while two clients were connected: it must wait for its handlers")

	a, b := file('a', 3000), file('b', 2000)
	first.Send(a)
	first.Finish()
	first.Await("OK 3000")
	send(second, b)
	awaitStored(t, second, len(b))
	assert.NoError(t, s.Stop(), "Serve after its listener was closed")
	requireWhole(t, log.Bytes(), a, b)
}

func TestWrongCommandsAreRefused(t *testing.T) {
	s, log := start(t)
	for _, line := range []string{"HELLO", "", "SEND all of it", strings.Repeat("x", 4096)} {
		c := s.Connect(fmt.Sprintf("a client that says %.20q", line))
		c.Say(line)
		c.AwaitError()
		c.AwaitEnd()
	}
	long := s.Connect("a client with a line of 4097 bytes")
	long.Say(strings.Repeat("x", 4097))
	long.Await("ERR line too long")
	long.AwaitEnd()

	for _, letter := range []byte("ab") {
		windows := s.Connect("a client that ends its lines with \\r\\n")
		windows.Say("SEND\r")
		windows.Send(file(letter, 100))
		windows.Finish()
		awaitStored(t, windows, 100)
	}
	requireWhole(t, log.Bytes(), file('a', 100), file('b', 100))
}

func TestStalledClientDelaysNobody(t *testing.T) {
	s, log := start(t)
	a, b := file('a', 3000), file('b', 2000)

	stalled := s.Connect("the stalled client")
	stalled.Say("SEND")
	stalled.Await("READY")
	stalled.Send(a[:1000])
	s.Idle()

	quick := s.Connect("the quick client")
	send(quick, b)
	awaitStored(t, quick, len(b))
	require.Contains(t, pieces(log.Bytes()), "2000 × b", "the quick client was told OK, and its file is not in the log")

	stalled.Send(a[1000:])
	stalled.Finish()
	stalled.Await("OK 3000")
	requireWhole(t, log.Bytes(), a, b)
}

func TestBrokenOffFileLeavesNoBytes(t *testing.T) {
	s, log := start(t)
	broken := s.Connect("a client that breaks off in its file")
	broken.Say("SEND")
	broken.Await("READY")
	broken.Send(file('a', 50_000))
	s.Idle()
	broken.Reset()
	s.Idle()
	require.Empty(t, pieces(log.Bytes()), "the log holds bytes of a file that never came to its end")

	whole := s.Connect("a client that stays")
	send(whole, file('b', 3000))
	awaitStored(t, whole, 3000)
	require.Equal(t, "3000 × b", pieces(log.Bytes()))
}

// opened is how many times the log is open when the server has closed what it is going to close.
func opened(t *testing.T, log *disk.Log) int {
	t.Helper()
	labtest.Until(t, func() bool { return log.Opened() == 0 })
	return log.Opened()
}
