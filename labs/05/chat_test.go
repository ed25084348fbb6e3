package chat_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
	chat "lockstep/labs/05"
)

func TestMain(m *testing.M) { labtest.Main(m, serve) }

// serve is the server process of the scenarios.
func serve(ln net.Listener, log *slog.Logger) error {
	s := &chat.Server{Log: log}
	return s.Serve(ln)
}

// What the server says, without the ending.
func connected(n int) string { return fmt.Sprintf("> Connected to the chat server (%s)", users(n)) }

func entered(c *labtest.Client, n int) string {
	return fmt.Sprintf("> New user %s entered (%s)", c.Addr(), users(n))
}

func said(c *labtest.Client, text string) string { return fmt.Sprintf("[%s] %s", c.Addr(), text) }

func left(c *labtest.Client, n int) string {
	return fmt.Sprintf("< The user %s left (%s)", c.Addr(), users(n))
}

func users(n int) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf("%d users online", n)
}

const (
	oneUser  = "1 user online"
	oneUsers = "1 users online"
)

// one is what the server says of a single user. A check of its own requires the right words, and the scripts; the others
// are about something else, and take these.
var one = oneUser

// greetedAsUsers is the line from which these are known.
const greetedAsUsers = "> Connected to the chat server (" + oneUsers + ")"

// enter lets a client in, and waits until the server has nothing left to do. Those who are in the room
// already hear of it.
func enter(t *testing.T, server *labtest.Server, name string, room ...*labtest.Client) *labtest.Client {
	t.Helper()
	c := server.Connect(name)
	n := len(room) + 1
	if n == 1 && one == oneUser && c.Skip(greetedAsUsers) {
		one = oneUsers
	} else {
		c.Await(connected(n))
	}
	for _, other := range room {
		other.Await(entered(c, n))
	}
	server.Idle()
	return c
}

// requireOnline requires that s counts as many clients as are in the room.
func requireOnline(t *testing.T, s *chat.Server, want int, why string) {
	t.Helper()
	if got := labtest.Ask(t, "Online()", s.Online); got != want {
		t.Fatalf("Online() should be %d and is %d: %s", want, got, why)
	}
}

func TestLectureRoom(t *testing.T) { labtest.Scenario(t, "room") }

func TestByHand(t *testing.T) { labtest.Scenario(t, "byhand") }

func TestNewcomerIsToldAndAnnounced(t *testing.T) {
	s := &chat.Server{}
	requireOnline(t, s, 0, "Serve was not called yet")
	server := labtest.Start(t, s.Serve)
	var room []*labtest.Client
	for i, name := range []string{"anna", "bert", "carl", "dora"} {
		room = append(room, enter(t, server, name, room...))
		if one != oneUser {
			t.Fatalf("%s waited for %q and got %q", name, strings.Replace(connected(1), one, oneUser, 1), connected(1))
		}
		for _, c := range room {
			c.AwaitNothing("a newcomer is announced once to the others, and told once that it is connected")
		}
		requireOnline(t, s, i+1, "so many clients have entered")
	}
}

func TestLinesGoToTheOthers(t *testing.T) {
	server := labtest.Start(t, (&chat.Server{}).Serve)
	anna := enter(t, server, "anna")
	bert := enter(t, server, "bert", anna)
	carl := enter(t, server, "carl", anna, bert)

	anna.Send([]byte("how are")) // a line may come in pieces
	server.Idle()
	anna.Say(" you?")
	bert.Await(said(anna, "how are you?"))
	carl.Await(said(anna, "how are you?"))
	anna.AwaitNothing("nobody hears what it says itself")

	room := []*labtest.Client{anna, bert, carl}
	const n = 25
	for round := range 8 {
		var lines []string
		for i := range n {
			lines = append(lines, fmt.Sprintf("line %d of round %d", i+1, round+1))
		}
		for _, c := range room { // all talk at once, and each sends all lines in one piece
			c.Send([]byte(strings.Join(lines, "\n") + "\n"))
		}
		server.Idle()
		for _, c := range room {
			heard := c.AwaitLines(2 * n)
			for _, other := range room {
				if other != c {
					var want []string
					for _, line := range lines {
						want = append(want, said(other, line))
					}
					requireInOrder(t, heard, want, said(other, ""))
				}
			}
			require.Len(t, heard, 2*n, "two others have said %d lines each", n)
		}
	}
}

// requireInOrder requires that those of the lines that begin with prefix are want.
func requireInOrder(t *testing.T, heard, want []string, prefix string) {
	t.Helper()
	var got []string
	for _, line := range heard {
		if strings.HasPrefix(line, prefix) {
			got = append(got, line)
		}
	}
	if at := differ(want, got); at >= 0 {
		t.Fatalf("what a client says reaches each of the others once, in its order, and not itself\nof one client's lines, another one should have heard\n%s\nand it heard\n%s",
			around(want, at), around(got, at))
	}
}

// differ returns where the first difference is, or -1.
func differ(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

// around shows a line among those before and behind it.
func around(lines []string, at int) string {
	shown := lines[min(max(0, at-2), len(lines)):min(at+3, len(lines))]
	return "  ...\n  " + strings.Join(append(slices.Clone(shown), "..."), "\n  ")
}

func TestTextIsUntouched(t *testing.T) {
	server := labtest.Start(t, (&chat.Server{}).Serve)
	anna := enter(t, server, "anna")
	bert := enter(t, server, "bert", anna)
	for _, text := range []string{
		"안녕하세요, 여러분!",
		"",
		"  two spaces before, two behind  ",
		"\ta tab, 100 %d, and a \\n that is none",
		"> New user 127.0.0.1:1 entered (99 users online)",
		strings.Repeat("x", 4096),
		strings.Repeat("한", 1365) + "x",
		"the last one",
	} {
		for _, ending := range []string{"\n", "\r\n"} {
			anna.Send([]byte(text + ending))
			bert.Await(said(anna, text))
		}
	}
	anna.AwaitNothing("nobody hears what it says itself")
	bert.AwaitNothing("each line reaches the others once")
}

func TestLeavingIsToldOnce(t *testing.T) {
	s := &chat.Server{}
	server := labtest.Start(t, s.Serve)
	anna := enter(t, server, "anna")
	bert := enter(t, server, "bert", anna)
	for _, way := range []struct {
		name  string
		leave func(*labtest.Client)
	}{
		{"closes its connection", (*labtest.Client).Leave},
		{"breaks off", func(c *labtest.Client) { c.Reset() }},
		{"sends nothing more", (*labtest.Client).Finish},
	} {
		visitor := enter(t, server, "a visitor who "+way.name, anna, bert)
		way.leave(visitor)
		anna.Await(left(visitor, 2))
		bert.Await(left(visitor, 2))
		requireOnline(t, s, 2, "a visitor "+way.name+", and two are left")
		anna.Say("who was that?")
		bert.Await(said(anna, "who was that?"))
		anna.AwaitNothing("that somebody has left is told once")
		bert.AwaitNothing("that somebody has left is told once")
		if way.name == "sends nothing more" {
			visitor.Rest() // the server closes the connection of a client that has left
		}
	}
	bert.Leave()
	anna.Await(left(bert, 1))
	requireOnline(t, s, 1, "anna is alone")
	anna.Leave()
	server.Idle()
	awaitOnline(t, s, 0, "all have left, and the server has come to rest")
}

func TestTwoClientsMayHaveOneAddress(t *testing.T) {
	s := &chat.Server{}
	server := labtest.Start(t, s.Serve)
	anna := enter(t, server, "anna")
	bert := enter(t, server, "bert", anna)
	twin := server.ConnectAlike("a client that has bert's address", bert)
	twin.Await(connected(3))
	anna.Await(entered(twin, 3))
	bert.Await(entered(twin, 3))
	requireOnline(t, s, 3, "two of three clients have the same address, and they are two")
	anna.Say("hello, both of you")
	bert.Await(said(anna, "hello, both of you"))
	twin.Await(said(anna, "hello, both of you"))

	bert.Leave()
	anna.Await(left(bert, 2))
	twin.Await(left(bert, 2))
	server.Idle()
	requireOnline(t, s, 2, "one of two clients that have the same address has left, and the other one is there")
	anna.Say("are you still there?")
	twin.Await(said(anna, "are you still there?"))
	twin.Say("I am")
	anna.Await(said(twin, "I am"))
}

func TestLastWordsAreHeard(t *testing.T) {
	server := labtest.Start(t, (&chat.Server{}).Serve)
	anna := enter(t, server, "anna")

	// The server has taken bert's first line, and it takes its time.
	bert := enter(t, server, "bert", anna)
	goOn := bert.HoldRead()
	bert.Say("first")
	server.Idle()
	// Meanwhile bert says two more, and leaves. They are there to be read, but he hears nothing any more.
	bert.Say("second")
	bert.Say("third")
	bert.Leave()
	anna.Say("are you there, bert?")
	anna.Say("and now?")
	anna.AwaitNothing("there are lines of bert's that nobody has read yet, and he has left when they have been passed on")
	goOn()
	for _, line := range []string{said(bert, "first"), said(bert, "second"), said(bert, "third"), left(bert, 1)} {
		anna.Await(line)
	}
	anna.AwaitNothing("that somebody has left is told once")

	quick := server.Connect("a client that leaves as soon as it has said two lines")
	quick.Say("hello")
	quick.Say("bye")
	quick.Leave()
	for _, line := range []string{entered(quick, 2), said(quick, "hello"), said(quick, "bye"), left(quick, 1)} {
		anna.Await(line)
	}
	anna.AwaitNothing("that somebody has left is told once")
}

func TestEverybodyAtOnce(t *testing.T) {
	s := &chat.Server{}
	server := labtest.Start(t, s.Serve)
	n := labtest.Size(4, 2)
	for round := range labtest.Size(3, 1) {
		var clients []*labtest.Client
		for i := range n {
			c := server.Connect(fmt.Sprintf("client %d of round %d", i+1, round+1))
			c.Say("hello")
			labtest.Ask(t, "Online()", s.Online)
			clients = append(clients, c)
		}
		if round == 0 {
			server.Idle()
		}
		for i, c := range clients {
			c.Say("bye")
			c.Finish()
			if round == 0 { // one after the other, and all at once in the other rounds
				server.Idle()
			}
			if labtest.Ask(t, "Online()", s.Online); round == 0 {
				awaitOnline(t, s, n-1-i, "so many have not left")
			}
		}
		server.Idle()
		awaitOnline(t, s, 0, "all have left, and the server has come to rest")
	}
}

func TestLongLineIsRefused(t *testing.T) {
	s := &chat.Server{}
	server := labtest.Start(t, s.Serve)
	anna := enter(t, server, "anna")
	for range 5 { // that it gets its ERR is not left to luck
		for _, line := range []string{strings.Repeat("x", 4097), strings.Repeat("x", 4097) + "\r", strings.Repeat("x", 10_000)} {
			bert := enter(t, server, fmt.Sprintf("the client that has sent %d bytes without a line's end", len(line)), anna)
			bert.Say("hello")
			anna.Await(said(bert, "hello"))
			bert.Say(line)
			bert.Await("ERR line too long")
			require.Empty(t, bert.Rest(), "the ERR is the last line that it gets")
			anna.Await(left(bert, 1))
		}
	}
	anna.AwaitNothing("a line that is too long is not passed on")
	requireOnline(t, s, 1, "anna is alone")
}

func TestServeClosesTheConnections(t *testing.T) {
	s := &chat.Server{}
	server := labtest.StartWith(t, labtest.Network{Buffer: 40}, s.Serve)
	anna := enter(t, server, "a client that says nothing")
	half := enter(t, server, "a client in the middle of a line", anna)
	half.Send([]byte("I was just going to"))
	deaf := enter(t, server, "a client that does not read", anna, half)
	anna.Say("is there anything that you would like to say?")
	half.Await(said(anna, "is there anything that you would like to say?"))
	server.Idle()

	server.Close()
	for _, c := range []*labtest.Client{anna, half, deaf} {
		c.Rest() // who leaves may be told until then
	}
	assert.NoError(t, server.Stop(), "Serve should return nil once its listener is closed")
	requireOnline(t, s, 0, "Serve has returned")
}

// The listener closes when Serve asks it for the client behind the second one, whose goroutines may not
// have run a single line by then.
func TestLastClientIsNotForgotten(t *testing.T) {
	for range 5 {
		server := labtest.StartWith(t, labtest.Network{CloseAfter: 2}, (&chat.Server{}).Serve)
		first := server.Connect("the client before the one behind which the listener closes")
		last := server.Connect("the client behind which the listener closes")
		first.Rest()
		last.Rest()
		assert.NoError(t, server.Stop(), "Serve should return nil once its listener is closed")
	}
}

func TestServeWaitsForItsGoroutines(t *testing.T) {
	server := labtest.Start(t, (&chat.Server{}).Serve)
	anna := enter(t, server, "anna")
	goOn := anna.HoldRead() // the server has taken her line, and it takes its time
	anna.Say("hello")
	server.Idle()
	server.Close()
	if !server.Serving() {
		t.Fatalf("Serve returned (%v) while a goroutine that it started was at work on a client's line: it waits for all of them", server.Stop())
	}
	goOn()
	assert.NoError(t, server.Stop(), "Serve should return nil once its listener is closed")
}

func TestAcceptErrorIsReturned(t *testing.T) {
	server := labtest.StartOnce(t, labtest.Network{}, (&chat.Server{}).Serve)
	anna := enter(t, server, "anna")
	broken := errors.New("the network is gone")
	server.FailAccept(broken)
	anna.Rest()
	if err := server.Wait(); !errors.Is(err, broken) {
		t.Fatalf("Accept failed with %q: Serve should return that error, and returned %v", broken, err)
	}
}

func TestEverybodyHearsTheSameOrder(t *testing.T) {
	for range 3 {
		server := labtest.Start(t, (&chat.Server{Queue: 1000}).Serve)
		var room []*labtest.Client
		for i := range 6 {
			room = append(room, enter(t, server, fmt.Sprintf("client %d", i+1), room...))
		}
		talkers, listeners := room[:3], room[3:]
		var goOn []func()
		for _, c := range talkers {
			goOn = append(goOn, c.HoldRead())
			c.Say("line 1")
		}
		server.Idle()
		for i := range 19 {
			for _, c := range talkers {
				c.Say(fmt.Sprintf("line %d", i+2))
			}
		}
		for _, release := range goOn { // all talk at once, and others come and go
			release()
			server.Connect("a visitor").Leave()
		}

		server.Idle()
		order := listeners[0].AwaitLines(3*20 + 3*2) // three talk, and three visitors come and go
		for _, c := range listeners[1:] {
			requireSame(t, order, c.AwaitLines(len(order)))
		}
		for _, c := range talkers { // who hears all but its own lines
			own := func(line string) bool { return strings.HasPrefix(line, said(c, "")) }
			requireSame(t, slices.DeleteFunc(slices.Clone(order), own), c.AwaitLines(len(order)-20))
		}
		require.NoError(t, server.Stop())
	}
}

// requireSame requires that two clients heard the same lines in the same order.
func requireSame(t *testing.T, one, other []string) {
	t.Helper()
	if at := differ(one, other); at >= 0 {
		t.Fatalf("two clients that are in the room should hear the same, in the same order\none of them heard\n%s\nand another one\n%s",
			around(one, at), around(other, at))
	}
}

func TestNewcomerMissesNothing(t *testing.T) {
	server := labtest.Start(t, (&chat.Server{}).Serve)
	anna := enter(t, server, "anna")
	newcomer := server.ConnectHeld("the newcomer")
	newcomer.Await(connected(2)) // so much the server has said, and not done anything since
	anna.Say("welcome!")
	server.Idle()
	newcomer.Release()
	newcomer.Await(said(anna, "welcome!"))
	newcomer.AwaitNothing("each line reaches the others once")
}

// awaitOnline is requireOnline for clients whose leaving nobody is told of: it may take a server a moment.
func awaitOnline(t *testing.T, s *chat.Server, want int, why string) {
	t.Helper()
	labtest.Until(t, func() bool { return labtest.Ask(t, "Online()", s.Online) == want })
	requireOnline(t, s, want, why)
}
