package labtest_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/labtest"
	"lockstep/harness/needs"
)

// pause is how long a right server may pause, at least.
const pause = 2 * time.Second

func TestAskLetsAMethodPause(t *testing.T) {
	assert.Equal(t, 7, labtest.Ask(t, "Seven()", func() int { <-time.After(pause); return 7 }))
}

// A farewell server answers one line after a pause, reads on for another one, and only then has forgotten its client.
type farewell struct{ forgotten chan bool }

func (f *farewell) serve(ln net.Listener) error {
	defer ln.Close()
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	bufio.NewReader(conn).ReadString('\n')
	said := make(chan struct{})
	time.AfterFunc(pause, func() {
		io.WriteString(conn, "one\ntwo\n")
		close(said)
	})
	<-said
	conn.SetReadDeadline(time.Now().Add(pause))
	io.Copy(io.Discard, conn)
	f.forgotten <- true
	return nil
}

func TestServerMayPause(t *testing.T) {
	needs.Time(t)
	f := &farewell{make(chan bool, 1)}
	s := labtest.StartOnce(t, labtest.Network{}, f.serve)
	c := s.Connect("a client")
	c.Say("hello")
	c.AwaitNothing("the server pauses")
	assert.Equal(t, []string{"one", "two"}, c.AwaitLines(2))
	assert.True(t, labtest.Until(t, func() bool { return len(f.forgotten) == 1 }))
	c.AwaitEnd()
	assert.NoError(t, s.Wait())
}

func TestUntilGivesUp(t *testing.T) {
	needs.Time(t)
	f := &farewell{make(chan bool, 1)}
	s := labtest.StartOnce(t, labtest.Network{}, f.serve)
	c := s.Connect("a client that says nothing")
	assert.False(t, labtest.Until(t, func() bool { return len(f.forgotten) == 1 }))
	c.Leave()
}
