package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
	chat "lockstep/labs/05"
)

// queue is the Queue of the servers here.
const queue = 8

// awaitAmid waits for a line, and returns those about clients who have left that come before it.
func awaitAmid(t *testing.T, c *labtest.Client, want string) (gone []string) {
	t.Helper()
	for {
		line := c.Line()
		if line == want {
			return gone
		}
		if !strings.HasPrefix(line, "< ") {
			t.Fatalf("waited for %.60q and got %.60q", want, line)
		}
		gone = append(gone, line)
	}
}

func TestSlowClientsDelayNobodyAndAreDropped(t *testing.T) {
	s := &chat.Server{Queue: queue}
	server := labtest.StartWith(t, labtest.Network{Buffer: 60}, s.Serve) // a connection takes one line, and a bit of the next
	slow1 := server.Connect("the first of two clients that read nothing")
	server.Idle()
	slow2 := server.Connect("the second of two clients that read nothing")
	server.Idle()
	anna := server.Connect("anna, who has come after two clients that read nothing,")
	anna.Await(connected(3))
	server.Idle()
	bert := server.Connect("bert")
	bert.Await(connected(4))
	anna.Await(entered(bert, 4))
	server.Idle()

	waiting := 3 // for the first: that three others have entered
	var gone []string
	talk := func() {
		line := fmt.Sprintf("line %d", waiting)
		anna.Say(line)
		gone = append(gone, awaitAmid(t, bert, said(anna, line))...)
		waiting++
	}
	for waiting < queue {
		talk()
	}
	requireOnline(t, s, 4, fmt.Sprintf("Queue is %d, and for nobody have more than %d lines been waiting", queue, waiting))
	for waiting <= 2*queue+1 { // one line less waits for the second
		talk()
	}

	requireDropped(t, append(gone, hear(bert, 2-len(gone))...), slow1, slow2)
	requireDropped(t, hear(anna, 2), slow1, slow2)
	awaitOnline(t, s, 2, "two of four clients were dropped")
	if !labtest.Until(t, func() bool { return slow1.HungUp() && slow2.HungUp() }) {
		t.Fatal("two clients were dropped, and a connection of theirs is still open: nothing ends the goroutines that wait for it")
	}
	bert.Say("where are they?")
	anna.Await(said(bert, "where are they?"))
	enter(t, server, "a client that comes later", anna, bert)
}

// hear returns what a client is told before somebody acts again, which should be n lines.
func hear(c *labtest.Client, n int) (lines []string) {
	for lines = c.AwaitLines(n); !c.HasNothing(); {
		lines = append(lines, c.Line())
	}
	return lines
}

// requireDropped requires that somebody was told once of two clients who were dropped, in any order.
func requireDropped(t *testing.T, told []string, one, other *labtest.Client) {
	t.Helper()
	slices.Sort(told)
	for _, order := range [][]string{{left(one, 3), left(other, 2)}, {left(other, 3), left(one, 2)}} {
		if slices.Sort(order); slices.Equal(order, told) {
			return
		}
	}
	if len(told) == 0 {
		told = []string{"nothing"}
	}
	t.Fatalf("Queue is %d, and more than %d lines were waiting for each of two clients: they should be dropped, and the others told once of each\nexpected, whichever was the first:\n  %s\n  %s\none of the others was told:\n  %s",
		queue, 2*queue, left(one, 3), left(other, 2), strings.Join(told, "\n  "))
}

func TestSlowClientMayCatchUp(t *testing.T) {
	s := &chat.Server{Queue: queue}
	server := labtest.StartWith(t, labtest.Network{Buffer: 40}, s.Serve) // a connection takes less than a line
	anna := enter(t, server, "anna")
	slow := enter(t, server, "the client that takes a rest", anna)
	for round := range 5 {
		var lines []string
		for i := range queue {
			lines = append(lines, fmt.Sprintf("line %d of round %d, which is longer than that", i+1, round+1))
			anna.Say(lines[i])
		}
		server.Idle()
		requireOnline(t, s, 2, fmt.Sprintf("Queue is %d, and no more than %d lines are waiting for anybody", queue, queue))
		for _, line := range lines {
			slow.Await(said(anna, line))
		}
		server.Idle()
	}
	slow.AwaitNothing("each line reaches the others once")
	anna.AwaitNothing("nobody hears what it says itself, and nobody has left")
}

func TestSlowClientOverTCP(t *testing.T) {
	const most = 32 << 20
	s := &chat.Server{Queue: queue}
	server := labtest.StartWith(t, labtest.Network{TCP: true, Buffer: 4096}, s.Serve)
	anna := enter(t, server, "anna")
	bert := enter(t, server, "bert", anna)
	slow := enter(t, server, "the client that reads nothing", anna, bert)

	text := strings.Repeat("x", 4000)
	var gone []string
	for sent := 0; len(gone) == 0; sent += len(text) { // the system keeps some MiB for it
		if sent > most {
			missing := "it was not dropped"
			if labtest.Ask(t, "Online()", s.Online) == 2 {
				missing = fmt.Sprintf("it was dropped, and the others were not told\nexpected: %s", left(slow, 2))
			}
			t.Fatalf("a client has read nothing of %d MiB, Queue is %d lines: %s", sent>>20, queue, missing)
		}
		anna.Say(text)
		gone = awaitAmid(t, bert, said(anna, text))
	}
	require.Equal(t, []string{left(slow, 2)}, gone, "that somebody has left is told once")
	anna.Await(left(slow, 2))
}
