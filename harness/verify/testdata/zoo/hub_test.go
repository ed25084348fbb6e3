package hub_test

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
	hub "lockstep/labs/90"
)

func TestMain(m *testing.M) {
	labtest.Main(m, func(ln net.Listener, _ *slog.Logger) error { return hub.New().Serve(ln) })
}

func start(t *testing.T) *labtest.Server {
	return labtest.StartWith(t, labtest.Network{Buffer: 4096}, func(ln net.Listener) error { return hub.New().Serve(ln) })
}

func connect(s *labtest.Server, n int) []*labtest.Client {
	var all []*labtest.Client
	for i := range n {
		all = append(all, s.Connect(fmt.Sprint("client ", i)))
	}
	return all
}

// Four clients enter, talk and leave; whatever they share is used by all.
func TestClientsAtOnce(t *testing.T) {
	s := start(t)
	clients := connect(s, 8)
	for i, c := range clients {
		c.Say(fmt.Sprintf("NAME %d", i))
	}
	for _, c := range clients {
		c.Await("OK")
	}
	for range 5 {
		for i, c := range clients {
			c.Say(fmt.Sprintf("SAY %d", i))
			c.Say("AUDIT")
			c.Say("COUNT")
		}
	}
	s.Idle()
	for i, c := range clients { // once more, into buffers that are used again
		c.Say(fmt.Sprintf("SAY %d once more", i))
	}
	s.Idle()
	for _, c := range clients {
		c.Leave()
	}
}

func TestNameHasOneOwner(t *testing.T) {
	s := start(t)
	for round := range 10 {
		clients := connect(s, 4)
		var together []func()
		for _, c := range clients {
			together = append(together, c.HoldRead())
			c.Say(fmt.Sprintf("NAME n%d", round))
		}
		s.Idle() // the server has taken all four
		for _, goOn := range together {
			goOn()
		}
		owners := 0
		for _, c := range clients {
			if c.Line() == "OK" {
				owners++
			}
		}
		require.Equal(t, 1, owners, "of four clients that want the same name at once")
	}
}

func TestDeafClientDelaysNobody(t *testing.T) {
	s := start(t)
	deaf, talker, other := s.Connect("the deaf client"), s.Connect("the talker"), s.Connect("another client")
	deaf.Say("NAME deaf")
	deaf.Await("OK")
	talker.Say("NAME talker")
	talker.Await("OK")
	for range 20 {
		talker.Say("SAY " + strings.Repeat("x", 1000))
		talker.Await("SAID")
	}
	other.Say("COUNT")
	other.Await("20")
}

func TestLeaverLeavesNothing(t *testing.T) {
	s := start(t)
	for range 3 {
		c := s.Connect("a client that leaves")
		c.Say("COUNT")
		c.Await("0")
		c.Leave()
	}
}

// The listener closes at the moment when Serve accepts the client, or as soon after as can be.
func TestServeWaitsForHandlers(t *testing.T) {
	for range 20 {
		s := labtest.StartWith(t, labtest.Network{CloseAfter: 1}, func(ln net.Listener) error { return hub.New().Serve(ln) })
		c := s.Connect("the only client")
		require.True(t, s.Serving(), "Serve returned while its client was connected")
		c.Leave()
	}
}

func TestManyMayClose(t *testing.T) {
	labtest.Check(t)
	for range 30 {
		s := hub.New()
		var closers sync.WaitGroup
		for range 4 {
			closers.Go(s.Close)
		}
		closers.Wait()
	}
}
