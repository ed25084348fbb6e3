package load

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve answers each line of each client with what reply returns; "" ends the connection.
func serve(t *testing.T, reply func(line string) string) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var clients sync.WaitGroup
	t.Cleanup(func() { ln.Close(); clients.Wait() })
	clients.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			clients.Go(func() {
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					answer := reply(lines.Text())
					if answer == "" {
						return
					}
					fmt.Fprintln(conn, answer)
				}
			})
		}
	})
	return ln.Addr().String()
}

// agree says what the server of lab 07 says when all goes well.
func agree(line string) string {
	words := append(strings.Fields(line), "", "")
	switch words[0] {
	case "REGISTER":
		return "OK registered"
	case "LOGIN":
		return "OK welcome " + words[1]
	case "LOGOUT":
		return "OK bye"
	}
	return "Echo: " + line
}

func TestAllSucceed(t *testing.T) {
	told := 0
	l := &Load{Addr: serve(t, agree), Clients: 11, Prefix: "x", Lines: 2, Registered: func(string) { told++ }}
	r := l.Run(t.Context())
	assert.Empty(t, r.Failures)
	assert.Equal(t, []int{11, 11, 5, 10, 5}, []int{len(r.Registered), told, r.LoggedIn, r.Echoed, r.LoggedOut})
	assert.Empty(t, Welcome(t.Context(), l.Addr, r.Registered))
}

func TestFailuresAreCounted(t *testing.T) {
	for name, row := range map[string]struct {
		line, answer, message string
		failures, loggedIn    int
	}{
		"one is refused":      {"LOGIN x-early-2 ", "ERR denied", `the client of x-early-2: said LOGIN, waited for "OK welcome x-early-2" and got "ERR denied"`, 1, 2},
		"one is thrown out":   {"line 2 of x-early-1", "", `the client of x-early-1: said line, waited for "Echo: line 2 of x-early-1"`, 1, 3},
		"no early account":    {"REGISTER x-early-", "ERR taken", "ERR taken", 3, 0},
		"no late account":     {"REGISTER x-late-", "ERR taken", "ERR taken", 3, 3},
		"nobody is let go of": {"LOGOUT", "Echo: LOGOUT", `waited for "OK bye" and got "Echo: LOGOUT"`, 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := (&Load{Clients: 6, Prefix: "x", Addr: serve(t, func(line string) string {
				if strings.HasPrefix(line, row.line) {
					return row.answer
				}
				return agree(line)
			})}).Run(t.Context())
			assert.Equal(t, row.loggedIn, r.LoggedIn)
			if assert.Len(t, r.Failures, row.failures) && row.answer != "" {
				assert.ErrorContains(t, r.Failures[0], row.message)
			}
			for _, failure := range r.Failures {
				assert.NotContains(t, failure.Error(), "the-password-of")
			}
		})
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln.Close()
	r := (&Load{Addr: ln.Addr().String(), Clients: 4, Prefix: "x"}).Run(t.Context())
	assert.Len(t, r.Failures, 2) // the load begins when there are accounts
}
