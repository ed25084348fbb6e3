package player_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lockstep/harness/player"
	"lockstep/harness/story"
)

var inside = flag.Bool("inside", false, "be the process in which stories are played")

// An echo is a server that sends each line back, and a model of it.
type echo struct {
	leavesOpen, shouts, swallows, returnsEarly bool

	sent map[*player.Client][]byte
}

func (e *echo) Serve(ln net.Listener) error {
	var mu sync.Mutex
	var conns []net.Conn
	var handlers sync.WaitGroup
	defer handlers.Wait()
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			if !e.leavesOpen {
				c.Close()
			} else if half, ok := c.(interface{ CloseRead() error }); ok {
				half.CloseRead()
			}
		}
	}()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) || err != nil && e.swallows {
			return nil
		}
		if err != nil {
			return err
		}
		mu.Lock()
		conns = append(conns, conn)
		mu.Unlock()
		handlers.Go(func() {
			lines := bufio.NewScanner(conn)
			for lines.Scan() {
				text := lines.Text()
				if e.shouts {
					text = strings.ToUpper(text)
				}
				fmt.Fprintln(conn, text)
			}
			if !e.leavesOpen {
				conn.Close()
			}
		})
		if e.returnsEarly {
			return nil
		}
	}
}

func (e *echo) Connected(*player.Play, *player.Client) {}

func (e *echo) Sent(_ *player.Play, c *player.Client, data []byte) {
	e.sent[c] = append(e.sent[c], data...)
}

func (e *echo) Act(*player.Play, story.Act) bool { return false }
func (e *echo) Pending(*player.Play) bool        { return false }
func (e *echo) Closing(*player.Play)             {}
func (e *echo) Over(*player.Play, error) error   { return nil }

func (e *echo) Rest(p *player.Play) error {
	for _, c := range p.Clients {
		whole := e.sent[c][:bytes.LastIndexByte(e.sent[c], '\n')+1]
		if c.Reading && !c.Held() && c.How == "" && !bytes.Equal(c.In, whole) {
			return player.Faultf("", "%s should have got %q and got %q", c.Addr, whole, c.In)
		}
	}
	return nil
}

// An ender is one that may return early.
type ender struct{ *echo }

func (e ender) Ended(_ *player.Play, result error) error {
	if !e.returnsEarly || result != nil {
		return player.Faultf("", "it has not ended by itself")
	}
	return nil
}

const tale = "connect c1\nslow c2\nleave c3\nrest\nsay c1 hello\ndrip c2 \"a\\nb\\n\"\nhold c1\nrest\ntogether\nsay c1 once more\nwrite c2 \"x\"*500 \"\\n\"\nrest\nreset c2\nrest\n"

var plays = []struct {
	name  string
	story string
	echo  echo
	ends  bool     // it may end by itself
	says  []string // nothing if all goes well
}{
	{name: "goes well", story: tale},
	{name: "ends when Accept fails", story: tale + "end fail\n"},
	{name: "ends behind one more client", story: tale + "end last\n"},
	{name: "ends amid a scene", story: "connect c1\nrest\nsay c1 hello\ndown\nsay c1 more\nrest\n"},
	{name: "answers something else", story: tale, echo: echo{shouts: true}, says: []string{
		`{c1} should have got "hello\n" and got "HELLO\n"`, "connect c1\n", "c1       | HELLO"}},
	{name: "leaves a connection open", story: "connect c1\nrest\n", echo: echo{leavesOpen: true}, says: []string{"the connection of c1 was not closed"}},
	{name: "swallows an error", story: "connect c1\nrest\nend fail\n", echo: echo{swallows: true}, says: []string{`Accept failed with "the network is gone", and Serve returned nil`}},
	{name: "returns early", story: tale, echo: echo{returnsEarly: true}, says: []string{"Serve has returned, with nil, and its listener is open"}},
	{name: "ends by itself", story: "connect c1\nrest\nconnect c2\nrest\n", echo: echo{returnsEarly: true}, ends: true},
	{name: "leaves a connection open when it ends", story: "connect c1\nrest\nrest\n", echo: echo{returnsEarly: true, leavesOpen: true}, ends: true,
		says: []string{"the connection of c1 was not closed"}},
	{name: "has somebody at the door", story: "late c1\nconnect c2\nrest\ngo c1\nrest\ngripped c3\nsay c3 hello\nrest\ngo c3\nrest\n"},
	{name: "closes with somebody at the door", story: "late c1\nconnect c2\nrest\n"},
}

func TestAStoryIsPlayedAndJudged(t *testing.T) {
	for _, p := range plays {
		t.Run(p.name, func(t *testing.T) {
			if *inside {
				s, err := story.Parse(p.story)
				require.NoError(t, err)
				player.Test(t, player.Lab{
					Draw: rapid.Just(s),
					New: func(story.Story) player.Model {
						e := p.echo
						e.sent = map[*player.Client][]byte{}
						if p.ends {
							return ender{&e}
						}
						return &e
					},
					Few: 3,
				})
				return
			}
			t.Parallel()
			out, err := exec.Command(os.Args[0], "-inside", "-test.run=^TestAStoryIsPlayedAndJudged$/^"+strings.ReplaceAll(p.name, " ", "_")+"$", "-test.v").CombinedOutput()
			if len(p.says) == 0 {
				require.NoError(t, err, "%s", out)
				assert.Contains(t, string(out), "--- PASS: "+t.Name())
				return
			}
			require.Error(t, err, "%s", out)
			for _, text := range p.says {
				assert.Contains(t, string(out), text)
			}
			assert.NotContains(t, string(out), "leave c3", "what did nothing is left out")
		})
	}
}
