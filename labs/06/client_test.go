package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"lockstep/harness/labtest"
	client "lockstep/labs/06"
	"lockstep/labs/06/terminal"
)

// down is what the user reads when the connection is over.
const down = "server is down, join later once it is up"

// long is as long as a check waits to see what else happens.
const long = 10 * time.Minute

// start runs a client. console is its keyboard and its screen, server is the other end of its connection.
func start(t *testing.T, c *client.Client) (console *terminal.Console, server *terminal.Peer) {
	t.Helper()
	return terminal.Start(t, c.Run)
}

// virtually makes t a check in which time is virtual: when all wait, it jumps to the next event. Ten
// seconds, or ten minutes, take no time.
func virtually(t *testing.T, check func(t *testing.T)) {
	t.Helper()
	labtest.Virtual(t, check)
}

// requireWorking lets a line pass each way: what is required of the end of a client says little before.
func requireWorking(t *testing.T, console *terminal.Console, server *terminal.Peer) {
	t.Helper()
	console.Type("hello")
	server.Gets("hello")
	console.Shows("[You] hello")
	server.Says("hello, you")
	console.Shows("hello, you")
}

// numbered returns "line 1" to "line n", each behind prefix.
func numbered(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%sline %d", prefix, i+1))
	}
	return all
}

func text(lines []string) string { return strings.Join(lines, "\n") + "\n" }

func TestTypedLinesAreSentAndPrinted(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		for _, line := range []string{"hello", "  two  words ", "안녕하세요", "", "[You] hello", strings.Repeat("x", 4096)} {
			console.Type(line)
			server.Gets(line)
			console.Shows("[You] " + line)
		}
		console.Keys("not yet")
		server.Gets() // nothing
		console.Shows()
		console.Keys(" done\nwith a \\r\r\nand a third line at once\n")
		server.Gets("not yet done", "with a \\r", "and a third line at once")
		console.Shows("[You] not yet done", "[You] with a \\r", "[You] and a third line at once")
	})
}

func TestServerLinesArePrinted(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		long := "[127.0.0.1:32836] " + strings.Repeat("x", 4096)
		for _, line := range []string{"> Connected to the chat server (1 user online)", "  two  words ", "안녕하세요", "", long} {
			server.Says(line)
			console.Shows(line)
		}
		server.Sends("in pie")
		console.Shows() // nothing
		server.Sends("ces, also of a letter: \xed\x95")
		console.Shows()
		server.Sends("\x9c\nwith a \\r\r\nand a third line at once\n")
		console.Shows("in pieces, also of a letter: 한", "with a \\r", "and a third line at once")
	})
}

func TestNeitherSideWaitsForTheOther(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		for _, line := range numbered("nobody types, ", 5) {
			server.Says(line)
			console.Shows(line)
		}
		for _, line := range numbered("the server is silent, ", 5) {
			console.Type(line)
			server.Gets(line)
			console.Shows("[You] " + line)
		}
		server.Sends("half a line from the ser")
		console.Type("one line")
		server.Gets("one line")
		console.Shows("[You] one line")

		console.Keys("half a line is ty")
		server.Sends("ver\n")
		console.Shows("half a line from the server")
		console.Keys("ped\n")
		server.Gets("half a line is typed")
		console.Shows("[You] half a line is typed")
	})
}

// The screen is slow here: when a line is being printed, the next one comes from the other side.
func TestLinesAreNeverMixed(t *testing.T) {
	labtest.Check(t)
	console, server := start(t, &client.Client{})
	requireWorking(t, console, server)
	if part := console.Torn(); part != "" {
		t.Fatalf("one call of out.Write ended with %q, in the middle of a line: print a line, with its ending, in one call", part)
	}
	for range 5 {
		console.HoldScreen()
		console.Type("mine")
		server.Says("theirs")
		console.ReleaseScreen()
		console.Shows("[You] mine", "theirs")

		console.HoldScreen()
		server.Says("theirs")
		console.Type("mine")
		console.ReleaseScreen()
		console.Shows("theirs", "[You] mine")
	}
	if console.Overlapped() {
		t.Fatal("out.Write was called while another call of it was still under way: let one goroutine print, or all of them under one lock")
	}
}

func TestAwayAfterTenSeconds(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		time.Sleep(long)
		server.GetsAt(10*time.Second, "is away", "10s after the start, for nothing was typed")
		console.Shows() // it is for the server, not for the user
	})
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		const early, late = 4321 * time.Millisecond, 13*time.Second + 7*time.Nanosecond
		time.Sleep(early)
		console.Type("hello")
		server.Gets("hello")
		time.Sleep(late - early)
		server.Gets() // nothing: something was typed less than ten seconds ago
		console.Type("still here")
		server.Gets("still here")
		time.Sleep(long)
		server.GetsAt(late+10*time.Second, "is away", "10s after the last line was typed")
		console.Shows("[You] hello", "[You] still here")
	})
}

func TestAwayIsSaidOnce(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		time.Sleep(long)
		server.GetsAt(10*time.Second, "is away", "10s after the start, for nothing was typed")

		console.Type("back again")
		server.Gets("back again")
		time.Sleep(long)
		server.GetsAt(long+10*time.Second, "is away", "10s after the last line was typed")

		console.Type("back once more")
		server.Gets("back once more")
		time.Sleep(long)
		server.GetsAt(2*long+10*time.Second, "is away", "10s after the last line was typed")
	})
}

func TestIncomingLinesDoNotPutAwayOff(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		for _, line := range numbered("the others talk, ", 10) {
			time.Sleep(3 * time.Second)
			server.Says(line)
			console.Shows(line)
		}
		server.GetsAt(10*time.Second, "is away", "10s after the start, for nothing was typed, and what others say does not count")
	})
}

func TestAwayAfterIsTheUsersChoice(t *testing.T) {
	for _, after := range []time.Duration{1500 * time.Millisecond, 2 * time.Minute} {
		virtually(t, func(t *testing.T) {
			console, server := start(t, &client.Client{AwayAfter: after})
			time.Sleep(after / 3)
			console.Type("hello")
			server.Gets("hello")
			time.Sleep(long)
			server.GetsAt(after/3+after, "is away", fmt.Sprintf("AwayAfter, which is %v, after the last line was typed", after))
		})
	}
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{AwayAfter: -1})
		requireWorking(t, console, server)
		time.Sleep(long)
		server.Gets() // nothing: a negative AwayAfter means never
		console.Type("hello")
		server.Gets("hello")
		time.Sleep(long)
		server.Gets()
	})
}

func TestEndOfInputEndsRun(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{})
		requireWorking(t, console, server)
		typed := numbered("", 20)
		console.HoldScreen() // so that the end of the input is there before the lines are printed
		console.Keys(text(typed))
		console.End()
		console.ReleaseScreen()
		if err := console.Returns("its input has ended"); err != nil {
			t.Fatalf("Run should return nil when its input has ended, and returned %v", err)
		}
		server.Gets(typed...)
		server.GetsEnd()
		console.Shows(numbered("[You] ", 20)...)
	})
}

func TestServerDownIsToldAtOnce(t *testing.T) {
	said := numbered("", 20)
	for _, end := range []struct {
		how   string
		leave func(*terminal.Console, *terminal.Peer)
		shows []string
	}{
		{"the server has closed the connection", func(_ *terminal.Console, s *terminal.Peer) { s.Leaves() }, nil},
		{"the connection was broken off", func(_ *terminal.Console, s *terminal.Peer) { s.Resets() }, nil},
		{"the server has said its last lines and closed the connection", func(c *terminal.Console, s *terminal.Peer) {
			c.HoldScreen() // so that the end is there before the lines are printed
			s.Sends(text(said))
			s.Leaves()
			c.ReleaseScreen()
		}, said},
	} {
		virtually(t, func(t *testing.T) {
			console, server := start(t, &client.Client{})
			requireWorking(t, console, server)
			end.leave(console, server)
			err := console.Returns(end.how + ", and it must not wait for the keyboard")
			if !errors.Is(err, client.ErrServerDown) {
				t.Fatalf("Run should return ErrServerDown when %s, and returned %v", end.how, err)
			}
			console.Shows(append(slices.Clone(end.shows), down)...)
		})
	}
}

func TestFailedWriteIsServerDown(t *testing.T) {
	for _, line := range []string{"what is typed", "is away"} {
		virtually(t, func(t *testing.T) {
			console, server := start(t, &client.Client{})
			requireWorking(t, console, server)
			console.FailWrites()
			if line != "is away" {
				console.Type(line)
			} else {
				time.Sleep(10 * time.Second)
			}
			err := console.Returns(fmt.Sprintf("the Write of %q to conn failed, and so the server is down", line))
			if !errors.Is(err, client.ErrServerDown) {
				t.Fatalf("Run should return ErrServerDown when a Write to conn fails, and returned %v", err)
			}
			// Whether a line that could not be sent is printed, is the client's to say.
			shown := slices.DeleteFunc(console.Lines(), func(s string) bool { return s == "[You] "+line })
			if !slices.Equal(shown, []string{down}) {
				t.Fatalf("the screen should show %q, once, and shows %q", down, shown)
			}
		})
	}
}

func TestDoneContextEndsRun(t *testing.T) {
	const limit = 5 * time.Second
	for _, c := range []struct {
		how  string
		want error
		ctx  func() (context.Context, context.CancelFunc)
	}{
		{"its ctx was cancelled", context.Canceled, func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(limit, cancel)
			return ctx, cancel
		}},
		{"the deadline of its ctx has passed", context.DeadlineExceeded, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), limit)
		}},
	} {
		virtually(t, func(t *testing.T) {
			console, server := terminal.Start(t, func(_ context.Context, conn net.Conn, in io.Reader, out io.Writer) error {
				ctx, cancel := c.ctx()
				defer cancel()
				return new(client.Client).Run(ctx, conn, in, out)
			})
			requireWorking(t, console, server)
			time.Sleep(limit - time.Nanosecond)
			console.Runs()
			time.Sleep(time.Nanosecond)
			if err := console.Returns(c.how); !errors.Is(err, c.want) {
				t.Fatalf("Run should return ctx.Err() when %s, which is %q, and returned %v", c.how, c.want, err)
			}
			console.Shows() // the server is not down
			server.GetsEnd()
		})
	}
}

func TestClientWaitsForEvents(t *testing.T) {
	virtually(t, func(t *testing.T) {
		console, server := start(t, &client.Client{AwayAfter: time.Minute})
		requireWorking(t, console, server)
		before := console.Looks()
		time.Sleep(long)
		if looks := console.Looks() - before; looks > 10 {
			t.Fatalf("nothing happened for ten minutes, on a clock that jumps when all goroutines wait, and the client called Read on its connection, or set a deadline on it, %d times: "+
				"a Read waits by itself until something comes; let a goroutine of its own wait there", looks)
		}
		server.GetsAt(time.Minute, "is away", "a minute after the last line was typed")
	})
}

func TestNothingIsLeftBehind(t *testing.T) {
	for _, end := range []struct {
		how  string
		come func(*terminal.Console, *terminal.Peer)
	}{
		{"its input has ended", func(c *terminal.Console, _ *terminal.Peer) { c.End() }},
		{"the server has closed the connection", func(_ *terminal.Console, s *terminal.Peer) { s.Leaves() }},
		{"the connection was broken off", func(_ *terminal.Console, s *terminal.Peer) { s.Resets() }},
		{"its ctx is done", func(c *terminal.Console, _ *terminal.Peer) { c.Cancel() }},
	} {
		virtually(t, func(t *testing.T) {
			console, server := start(t, &client.Client{})
			requireWorking(t, console, server)
			end.come(console, server)
			_ = console.Returns(end.how) // which error that is, others check
			console.Closed()
			console.Keys(text(numbered("too late, ", 100))) // a goroutine may have waited for them
			console.End()
			time.Sleep(long)
			server.Gets() // nothing
			console.StaysOut()
		})
	}
}

func TestStalledServerStopsNeitherScreenNorEnd(t *testing.T) {
	stalled := func(t *testing.T) (*terminal.Console, *terminal.Peer) {
		console, server := terminal.StartWith(t, terminal.ConnOptions{Buffer: 1000, Stalled: true}, new(client.Client).Run)
		console.Keys(text(numbered(strings.Repeat("x", 90), 50))) // more than the connection holds
		console.Lines()
		for _, line := range numbered("the server does not read, but it talks, ", 5) {
			server.Says(line)
			console.Shows(line)
		}
		return console, server
	}
	virtually(t, func(t *testing.T) {
		_, server := stalled(t)
		server.Resume()
		server.Gets(numbered(strings.Repeat("x", 90), 50)...)
	})
	virtually(t, func(t *testing.T) {
		console, _ := stalled(t)
		console.Cancel()
		if err := console.Returns("its ctx was cancelled"); !errors.Is(err, context.Canceled) {
			t.Fatalf("Run should return ctx.Err() when ctx is done, also while a Write waits, and returned %v", err)
		}
	})
}
