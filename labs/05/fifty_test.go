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

// Who comes first and who last is for the server to say. What it says has to fit together.
func TestFiftyClientsAtOnce(t *testing.T) {
	const n, stay = 50, 10
	s := &chat.Server{Queue: 1000}
	server := labtest.Start(t, s.Serve)
	var clients []*labtest.Client
	for i := range n {
		clients = append(clients, server.Connect(fmt.Sprintf("client %d of %d", i+1, n)))
	}
	allEnter(t, server, clients)
	requireOnline(t, s, n, "all have entered")

	for _, c := range clients {
		c.Say("hello")
		c.Say("how do you do?")
	}
	server.Idle()
	for _, c := range clients {
		heard := c.AwaitLines(2 * (n - 1))
		for _, other := range clients {
			if other != c {
				requireInOrder(t, heard, []string{said(other, "hello"), said(other, "how do you do?")}, said(other, ""))
			}
		}
		require.Len(t, heard, 2*(n-1), "each of %d others has said two lines", n-1)
	}

	for i, c := range clients[stay:] {
		[]func(){c.Leave, c.Reset, c.Finish}[i%3]()
	}
	mostLeave(t, server, clients[:stay], clients[stay:])
	awaitOnline(t, s, stay, "all others have left")
}

// allEnter requires that each has a number, the one in its first line, and hears at most once of those
// who come later, with the number that these are told.
func allEnter(t *testing.T, server *labtest.Server, clients []*labtest.Client) {
	t.Helper()
	var numbers []int
	expected := map[*labtest.Client]int{}
	number := map[string]int{} // by the line that announces its client
	for _, c := range clients {
		var i int
		first := c.Line()
		if first == greetedAsUsers {
			one = oneUsers
		}
		if fmt.Sscanf(first, "> Connected to the chat server (%d user", &i); first != connected(i) {
			t.Fatalf("the first line that a client gets should be %q, with the right number, and is %q", connected(len(clients)), first)
		}
		numbers = append(numbers, i)
		expected[c], number[entered(c, i)] = i, i
	}
	slices.Sort(numbers)
	for i, got := range numbers {
		if got != i+1 {
			t.Fatalf("%d clients have entered, one after the other: each should be told another number, from 1 to %d; they were told, sorted,\n%v", len(clients), len(clients), numbers)
		}
	}
	server.Idle()
	for _, c := range clients {
		heard := map[string]bool{}
		for _, line := range c.Lines() {
			if heard[line] || number[line] <= expected[c] {
				t.Fatalf("the client that was told %q got %q\nit should hear once of each who comes later, with the number that this one is told, and of nobody who was there before",
					connected(expected[c]), line)
			}
			heard[line] = true
		}
	}
}

// mostLeave requires that those who stay hear once of each who leaves, and the same number.
func mostLeave(t *testing.T, server *labtest.Server, stay, leave []*labtest.Client) {
	t.Helper()
	server.Idle()
	told := slices.Sorted(slices.Values(stay[0].AwaitLines(len(leave))))
	for _, c := range stay[1:] {
		require.Equal(t, told, slices.Sorted(slices.Values(c.AwaitLines(len(told)))), "those who stay should be told the same of those who leave")
	}
	require.Len(t, told, len(leave), "of each who leaves, the others are told once")
	free := map[int]bool{} // the numbers that nobody's leaving has led to
	for i := range leave {
		free[len(stay)+i] = true
	}
	for _, gone := range leave {
		ok := false
		for i := range free {
			if slices.Contains(told, left(gone, i)) {
				delete(free, i)
				ok = true
			}
		}
		require.True(t, ok, "%d of %d leave, one after the other, and with each the number of users goes down by one; the others were told\n%s",
			len(leave), len(stay)+len(leave), strings.Join(told, "\n"))
	}
}
