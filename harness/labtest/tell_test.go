package labtest_test

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/labtest"
)

var inside = flag.Bool("inside", false, "be the process in which a check goes as it goes")

// A server that goes wrong in one way, and a check of it. What is said of it can only be seen from outside, for the check fails.
var servers = []struct {
	name  string
	serve func(net.Listener) error
	check func(t *testing.T, s *labtest.Server)
	says  []string // nothing if it has to pass
}{
	{
		name: "answers", serve: echoing(func(conn net.Conn, line string) { fmt.Fprint(conn, line) }),
		check: func(t *testing.T, s *labtest.Server) { ask(s) },
	},
	{
		name: "answers late", serve: echoing(func(conn net.Conn, line string) { time.Sleep(time.Second / 2); fmt.Fprint(conn, line) }),
		check: func(t *testing.T, s *labtest.Server) { ask(s) },
	},
	{
		name: "never answers", serve: echoing(func(net.Conn, string) {}),
		check: func(t *testing.T, s *labtest.Server) { ask(s) },
		says:  []string{`amira waited for "hello": `, "nothing came, and nothing moves in the server any more"},
	},
	{
		name: "answers something else", serve: echoing(func(conn net.Conn, _ string) { fmt.Fprintln(conn, "what?") }),
		check: func(t *testing.T, s *labtest.Server) { ask(s) },
		says:  []string{`amira waited for "hello" and got "what?"`},
	},
	{
		name: "leaks", serve: echoing(func(conn net.Conn, line string) { go func() { select {} }(); fmt.Fprint(conn, line) }),
		check: func(t *testing.T, s *labtest.Server) { ask(s) },
		says:  []string{"goroutines of your server are still there after Serve has returned and every client has left", "each goroutine needs something that ends it"},
	},
	{
		name: "never closes", serve: func(ln net.Listener) error {
			for {
				if _, err := ln.Accept(); err != nil {
					return nil
				}
			}
		},
		check: func(t *testing.T, s *labtest.Server) {
			c := s.Connect("amira")
			c.Finish()
			c.AwaitEnd()
		},
		says: []string{"amira has its answer, and waited for the server to close the connection: nothing came"},
	},
	{
		name: "never returns", serve: func(net.Listener) error { select {} },
		check: func(*testing.T, *labtest.Server) {},
		says:  []string{"Serve did not return: its listener is closed and every client has left"},
	},
	{
		name: "returns an error", serve: func(ln net.Listener) error { _, err := ln.Accept(); return err },
		check: func(*testing.T, *labtest.Server) {},
		says:  []string{"Serve should return nil once its listener is closed, and returned "},
	},
	{
		name: "panics", serve: echoing(func(net.Conn, string) { panic("no such luck") }),
		check: func(t *testing.T, s *labtest.Server) { ask(s) },
		says:  []string{"panic: no such luck"},
	},
}

func ask(s *labtest.Server) {
	c := s.Connect("amira")
	c.Say("hello")
	c.Await("hello")
	c.Leave()
}

// echoing is a server that is right, but for what it does with a line.
func echoing(answer func(conn net.Conn, line string)) func(net.Listener) error {
	return func(ln net.Listener) error {
		done := make(chan struct{}, 16) // the handlers that are over
		n := 0
		for ; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				break
			}
			go func() { // ends with its client
				defer func() { done <- struct{}{} }()
				defer conn.Close()
				r := bufio.NewReader(conn)
				for line, err := r.ReadString('\n'); err == nil; line, err = r.ReadString('\n') {
					answer(conn, line)
				}
			}()
		}
		for range n {
			<-done
		}
		return nil
	}
}

func TestACheckTellsWhatIsWrong(t *testing.T) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			if *inside {
				s.check(t, labtest.Start(t, s.serve))
				return
			}
			t.Parallel()
			out, err := exec.Command(os.Args[0], "-inside", "-test.run=^TestACheckTellsWhatIsWrong$/^"+s.name+"$", "-test.v").CombinedOutput()
			if len(s.says) == 0 {
				require.NoError(t, err, "%s", out)
				assert.Contains(t, string(out), "--- PASS: "+t.Name())
				return
			}
			require.Error(t, err, "%s", out)
			for _, text := range s.says {
				assert.Contains(t, string(out), text)
			}
		})
	}
}
