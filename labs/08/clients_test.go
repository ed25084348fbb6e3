package shutdown_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
	shutdown "lockstep/labs/08"
	"lockstep/labs/08/pending"
)

func TestClientsAreNumbered(t *testing.T) {
	s := &shutdown.Server{}
	requireClients(t, s, "Serve was not called yet")
	server := labtest.Start(t, s.Serve)
	anna, bert, carl := enter(server, 1), enter(server, 2), enter(server, 3)
	requireClients(t, s, "three clients were told their numbers", entry(1, anna), entry(2, bert), entry(3, carl))
	clear(labtest.Ask(t, "Clients()", s.Clients)) // the map is the caller's
	requireClients(t, s, "three clients are connected; somebody has cleared the map that an earlier call returned", entry(1, anna), entry(2, bert), entry(3, carl))

	bert.Leave()
	server.Idle()
	awaitClients(t, s, "client 2 has left", entry(1, anna), entry(3, carl))
	dora := enter(server, 4)
	dora.Reset()
	carl.Finish()
	server.Idle()
	awaitClients(t, s, "client 2 has left, client 4 broke its connection off, and client 3 has half-closed it", entry(1, anna))
	emil := enter(server, 5)
	requireClients(t, s, "a new client came", entry(1, anna), entry(5, emil))
}

func TestWhatClientsSay(t *testing.T) {
	server := labtest.Start(t, (&shutdown.Server{}).Serve)
	anna, bert, carl := enter(server, 1), enter(server, 2), enter(server, 3)
	all := []*labtest.Client{anna, bert, carl}

	longest := strings.Repeat("x", 4096)
	for _, line := range []string{"hello", "안녕하세요", "BROADCAST", "BROADCASTING now", "please BROADCAST this", longest} {
		anna.Say(line)
		anna.Await("Echo: " + line)
		bert.Say(line + "\r")
		bert.Await("Echo: " + line)
	}
	for _, c := range all {
		c.AwaitNothing("an echo is for one client, once")
	}

	bert.Send([]byte("BROADCAST lunch")) // a line may come in pieces
	server.Idle()
	bert.Say("  at 12?\r")
	anna.Await("[2] lunch  at 12?")
	carl.Await("[2] lunch  at 12?")
	bert.AwaitNothing("a BROADCAST does not come back to the client that says it")
	carl.Say("BROADCAST 네\nBROADCAST yes\nyes") // and several in one
	carl.Await("Echo: yes")
	for _, c := range []*labtest.Client{anna, bert} {
		c.Await("[3] 네")
		c.Await("[3] yes")
	}
	for _, c := range all {
		c.AwaitNothing("a BROADCAST reaches all others, once, and not the client that said it")
	}

	bert.Say(strings.Repeat("x", 4097))
	bert.Await("ERR line too long")
	bert.AwaitEnd()
	carl.Say("hello")
	carl.Await("Echo: hello")
}

func TestClientsComeAndGoTogether(t *testing.T) {
	n := labtest.Size(4, 2)
	s := &shutdown.Server{}
	server := labtest.Start(t, s.Serve)
	for round := range labtest.Size(3, 1) {
		var clients []*labtest.Client
		for i := range n {
			c := server.Connect(fmt.Sprintf("client %d of %d who came together", i+1, n))
			c.Say("BROADCAST hello\nhow are you?")
			clients = append(clients, c)
			labtest.Ask(t, "Clients()", s.Clients)
		}
		var told []string
		for _, c := range clients {
			for line := ""; line != "Echo: how are you?"; line = c.Line() {
				if strings.HasPrefix(line, "> You are client ") {
					told = append(told, line)
				}
			}
		}
		var want []string
		for i := range n {
			want = append(want, fmt.Sprintf("> You are client %d", round*n+i+1))
		}
		require.ElementsMatch(t, want, told, "%d clients came together, and %d before them: what they were told", n, round*n)
		for _, c := range clients {
			c.Leave()
			labtest.Ask(t, "Clients()", s.Clients)
		}
	}
	server.Idle()
	awaitClients(t, s, "all clients have left")
}

func TestConsole(t *testing.T) {
	s := &shutdown.Server{}
	server := labtest.Start(t, s.Serve)
	// command types a line, and the end of the input behind it, and returns what was printed.
	command := func(line string) string {
		var out bytes.Buffer
		console := pending.Begin(t, "Console", func() error { return s.Console(strings.NewReader(line), &out) })
		require.NoError(t, console.Wait("its input has ended"), "Console at the end of its input")
		return out.String()
	}
	requireList := func(line, want string) {
		t.Helper()
		if got := command(line); got != want {
			t.Fatalf("%q should print\n%s\nand printed\n%s", line, want, got)
		}
	}
	requireList("list\n", "0 clients\n")
	anna := enter(server, 1)
	entries := fmt.Sprintln(1, anna.Addr())
	requireList("list\r\n", "1 client\n"+entries)
	for n := 2; n <= 11; n++ {
		entries += fmt.Sprintln(n, enter(server, n).Addr())
	}
	requireList("list\n", "11 clients\n"+entries)

	help := command("lisst\n")
	if !strings.Contains(help, "list") || !strings.Contains(help, "exit") {
		t.Fatalf("a command that is none should print the commands, list and exit; it printed %q", help)
	}
	anna.Say("hello") // the end of the input ends nothing else
	anna.Await("Echo: hello")
}

// awaitClients is requireClients behind the leaving of a client, of which nobody is told: it may take a server a moment.
func awaitClients(t *testing.T, s *shutdown.Server, why string, want ...string) {
	t.Helper()
	labtest.Until(t, func() bool { return len(labtest.Ask(t, "Clients()", s.Clients)) == len(want) })
	requireClients(t, s, why, want...)
}
