package scenario_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/host"
	"lockstep/harness/scenario"
)

func TestMain(m *testing.M) {
	if host.IsServer() {
		if os.Args[1] == "obeys once" {
			beFirst()
		}
		if toy := withConsole[os.Args[1]]; toy != nil {
			os.Exit(host.ServeConsole(toy))
		}
		os.Exit(host.Serve(toys[os.Args[1]]))
	}
	os.Exit(m.Run())
}

// beFirst ends a server process that is not the first in its folder.
func beFirst() {
	if os.Mkdir("was here", 0o755) != nil {
		fmt.Fprintln(os.Stderr, "once is enough")
		os.Exit(1)
	}
}

// toys are servers that store what each client sends, each with a way of its own.
var toys = map[string]func(net.Listener, *slog.Logger) error{
	"good":    func(ln net.Listener, _ *slog.Logger) error { return each(ln, store) },
	"crashes": func(ln net.Listener, _ *slog.Logger) error { return each(ln, func(net.Conn) { panic("toy") }) },
	"hoards": func(ln net.Listener, _ *slog.Logger) error {
		return each(ln, func(conn net.Conn) {
			store(unclosed{conn})
			runtime.GC() // which would close what nobody has any more
		})
	},
	"silent": func(ln net.Listener, _ *slog.Logger) error {
		return each(ln, func(conn net.Conn) { io.Copy(io.Discard, conn); conn.Close() })
	},
	"returns": func(ln net.Listener, _ *slog.Logger) error { return errors.New("had enough") },
	"fails": func(ln net.Listener, _ *slog.Logger) error {
		each(ln, store)
		return errors.New("had enough")
	},
	"recovers": func(ln net.Listener, log *slog.Logger) error {
		return each(ln, func(conn net.Conn) { log.Info("panic: recovered"); store(conn) })
	},
	"once":    func(ln net.Listener, _ *slog.Logger) error { return once(ln, true) },
	"lingers": func(ln net.Listener, _ *slog.Logger) error { return once(ln, false) },
	"tells": func(ln net.Listener, log *slog.Logger) error {
		return each(ln, func(conn net.Conn) { tell(conn, log) })
	},
	"prints": func(ln net.Listener, _ *slog.Logger) error {
		return each(ln, func(conn net.Conn) { fmt.Println("a client"); store(conn) })
	},
	"forges": func(ln net.Listener, _ *slog.Logger) error {
		fmt.Fprintln(os.NewFile(1, "replies"), `{"served":true}`)
		return each(ln, store)
	},
	"names": func(ln net.Listener, _ *slog.Logger) error { return each(ln, name) },
	"logs": func(ln net.Listener, log *slog.Logger) error {
		return each(ln, func(conn net.Conn) { log.Info("a client", "from", conn.RemoteAddr()); store(conn) })
	},
}

// each serves every client in a goroutine of its own until ln is closed.
func each(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return nil
		}
		clients.Go(func() { handle(conn) })
	}
}

// once echoes for one client and returns. It closes the listener, or leaves it open.
func once(ln net.Listener, closes bool) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if closes {
		ln.Close()
	}
	_, err = io.Copy(conn, conn)
	return err
}

// tell answers the first line, and logs how the client leaves, and behind how many bytes.
func tell(conn net.Conn, log *slog.Logger) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		return
	}
	fmt.Fprintln(conn, "READY")
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		log.Info("broke off")
		return
	}
	log.Info("left", "bytes", n)
}

// name answers each line with who has sent it.
func name(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		fmt.Fprintf(conn, "[%s] %s\n", conn.RemoteAddr(), lines.Text())
	}
}

var stored sync.Mutex

func store(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		return
	}
	fmt.Fprintln(conn, "READY")
	data, err := io.ReadAll(r)
	if err != nil {
		return
	}
	stored.Lock()
	defer stored.Unlock()
	f, err := os.OpenFile("all_received", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	f.Write(data)
	f.Close()
	fmt.Fprintln(conn, "OK", len(data))
}

// An unclosed connection is one that the server forgets to close, and even to drop.
type unclosed struct{ net.Conn }

func (unclosed) Close() error { return nil }

// extra is a command of the toys' own: what they have stored is these files.
var extra = scenario.Extra{Stores: "all_received", Assertions: map[string]scenario.Assertion{
	"stored": func(dir string, files scenario.Files, args []string) (string, error) {
		want := ""
		for _, name := range args {
			data, err := files.Find(name)
			if err != nil {
				return "", err
			}
			want += string(data)
		}
		got, err := os.ReadFile(filepath.Join(dir, "all_received"))
		if err == nil && string(got) != want {
			return "this was stored: " + string(got), nil
		}
		return "", err
	},
}}

// play plays a script on a toy.
func play(t *testing.T, toy, script string) (*scenario.Transcript, error) {
	t.Helper()
	return playIn(t.Context(), t, toy, script)
}

func playIn(ctx context.Context, t *testing.T, toy, script string) (*scenario.Transcript, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "toy.txtar")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o644))
	tmp := t.TempDir()
	transcript, err := scenario.Play(ctx, file, func() *exec.Cmd { return exec.Command(os.Args[0], toy) }, scenario.Options{TempDir: tmp, Extra: extra})
	left, readErr := os.ReadDir(tmp)
	require.NoError(t, readErr)
	assert.Empty(t, left, "the play left files behind")
	return transcript, err
}

const files = `
-- anna/song --
la la la
-- bert/song --
li li li
`

const twoClients = `# Two clients sing
serve unordered
# anna begins
connect anna
say anna SEND
await anna READY
# bert is quicker
connect bert
say bert SEND
send bert song
await server idle
send anna song
await anna OK 9
await bert OK
stored bert/song anna/song
# that was it
` + files

func TestScenarioIsToldStepByStep(t *testing.T) {
	transcript, err := play(t, "logs", twoClients)
	require.NoError(t, err)
	assert.True(t, transcript.OK(), transcript.Failure)
	assert.Equal(t, "Two clients sing", transcript.Title)
	assert.Equal(t, `# Two clients sing
  serve unordered
# anna begins
  connect anna
  say anna SEND
  await anna READY
      anna gets  READY
# bert is quicker
  connect bert
  say bert SEND
  send bert song
  await server idle
      bert gets  READY
      bert gets  OK 9
  send anna song
  await anna OK 9
      anna gets  OK 9
  await bert OK
  stored bert/song anna/song
# that was it
`, transcript.Text())
	assert.Equal(t, "li li li\nla la la\n", string(transcript.Stored))
	assert.Equal(t, []scenario.Span{{Text: "li li li\n", File: "bert/song"}, {Text: "la la la\n", File: "anna/song"}}, transcript.Spans())
	assert.Regexp(t, `^a client from=127\.0\.0\.1:\d+\na client from=127\.0\.0\.1:\d+\n$`, transcript.Server)
}

func TestLogThatSpeaksOfAPanicIsNoCrash(t *testing.T) {
	transcript, err := play(t, "recovers", twoClients)
	require.NoError(t, err)
	assert.True(t, transcript.OK(), transcript.Failure)
}

func TestWhatTheServerPrintsIsInItsLog(t *testing.T) {
	transcript, err := play(t, "prints", twoClients)
	require.NoError(t, err)
	assert.True(t, transcript.OK(), transcript.Failure)
	assert.Equal(t, "a client\na client\n", transcript.Server)
}

func TestNothingComesForAClientThatWaits(t *testing.T) {
	const quiet = "serve unordered\nconnect anna\nnothing anna\nsay anna SEND\n"
	transcript, err := play(t, "good", quiet+"await anna READY\nnothing anna\nsend anna song\n"+files)
	require.NoError(t, err)
	assert.True(t, transcript.OK(), transcript.Failure)

	transcript, err = play(t, "good", quiet+"nothing anna\n"+files)
	require.NoError(t, err)
	assert.Equal(t, `anna should have to wait, and got "READY"`, transcript.Failure)
	assert.Contains(t, transcript.Text(), "  nothing anna   <-- here\n      anna gets  READY\n")
}

// A server may have done its work before the scenario is over.
func TestServerThatEndsByItself(t *testing.T) {
	for _, serve := range []string{"serve", "serve unordered"} {
		t.Run(serve, func(t *testing.T) {
			script := serve + `
connect anna
write anna song
await anna la la la
refused bert
say anna and once more
await anna and once more
finish anna
ended anna
refused bert
`
			transcript, err := play(t, "once", script+files)
			require.NoError(t, err)
			assert.True(t, transcript.OK(), transcript.Failure)
			assert.Contains(t, transcript.Text(), "  await anna la la la\n      anna gets  la la la\n  refused bert\n")
		})
	}
}

func TestClientsLeaveInThreeWays(t *testing.T) {
	const arrive = "connect anna\nsay anna SEND\nawait anna READY\n"
	for _, row := range []struct{ leaves, says string }{
		{"finish anna\nended anna", "left bytes=0\n"},
		{"write anna song\nfinish anna\nended anna", "left bytes=9\n"},
		{"leave anna", "left bytes=0\n"},
		{"write anna song\nleave anna", "left bytes=9\n"},
		{"reset anna", "broke off\n"},
	} {
		for _, serve := range []string{"serve\n", "serve unordered\n"} {
			t.Run(serve+row.leaves, func(t *testing.T) {
				transcript, err := play(t, "tells", serve+arrive+row.leaves+"\n"+arrive+"finish anna\n"+files)
				require.NoError(t, err)
				assert.True(t, transcript.OK(), transcript.Failure)
				assert.Contains(t, transcript.Server, row.says)
			})
		}
	}
}

func TestAddressOfAClientInAText(t *testing.T) {
	for _, serve := range []string{"serve\n", "serve unordered\n"} {
		t.Run(serve, func(t *testing.T) {
			transcript, err := play(t, "names", serve+`
connect anna
connect bert
say anna I am {anna}, and a {perfect stranger}
await anna [{anna}] I am {anna}, and a {perfect stranger}
leave anna
say bert {anna} has left {bert}
await bert [{bert}] {anna} has left {bert}
connect anna
say anna back
await anna [{anna}] back
finish anna
finish bert
`)
			require.NoError(t, err)
			assert.True(t, transcript.OK(), transcript.Failure)
		})
	}
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	const one = "serve\nconnect anna\nsay anna SEND\nawait anna READY\nsend anna song\nawait anna OK 9\n"
	for _, row := range []struct {
		name, toy, script string
		says              string
	}{
		{"wrong reply", "good", one[:len(one)-2] + "8\n", "anna waited for \"OK 8\" and got \"OK 9\""},
		{"no reply", "silent", one, "anna waited for \"READY\": nothing came, and nothing moves in the server any more"},
		{"crash", "crashes", one, "the server crashed: panic: toy"},
		{"connection left open", "hoards", one, "anna has its answer, but the server did not close the connection"},
		{"connection left open before the next one", "hoards", one + "connect anna\n", "anna has its answer, but the server did not close the connection"},
		{"Serve returns at once", "returns", one, "Serve had returned already, with the error had enough"},
		{"Serve returns an error", "fails", one, "Serve should return nil once its listener is closed, and returned had enough"},
		{"wrong content", "good", one + "stored bert/song\n", "this was stored: la la la"},
		{"listener left open", "lingers", "serve\nconnect anna\nsay anna hello\nawait anna hello\nrefused bert\n", "bert could connect, and should have been refused"},
		{"listener left open by a server that has ended", "lingers", "serve\nconnect anna\nfinish anna\nended anna\nrefused bert\n", "bert could connect, and should have been refused"},
		{"replies by somebody else", "forges", one, "the server's process writes to its file descriptor 1"},
		{"Serve returns nil", "once", "serve\nconnect anna\nfinish anna\nawait anna hello\n", "anna waited for \"hello\": the server closed the connection"},
		{"a line instead of the end", "good", "serve\nconnect anna\nsay anna SEND\nended anna\n", "anna waited for the server to close the connection and got \"READY\""},
		{"no end", "silent", "serve\nconnect anna\nended anna\n", "anna waited for the server to close the connection: nothing came, and nothing moves in the server any more"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel() // they wait, each for a server of its own
			transcript, err := play(t, row.toy, row.script+files)
			require.NoError(t, err)
			assert.False(t, transcript.OK())
			assert.Contains(t, transcript.Failure, row.says)
		})
	}
}

func TestScriptThatCannotBePlayedIsNoVerdict(t *testing.T) {
	for _, row := range []struct{ name, script, says string }{
		{"no server", "connect anna\n", "line 1, connect anna: usage: connect CLIENT, after serve"},
		{"two servers", "serve\nserve\n", "line 2, serve: usage: serve [unordered], once"},
		{"nobody there", "serve\nsay anna SEND\n", "line 2, say anna SEND: anna is not connected"},
		{"no such file", "serve\nconnect anna\nsend anna nothing\n", "the story has no file anna/nothing"},
		{"file for nobody", "serve\nwrite song\n", "usage: write CLIENT FILE"},
		{"nobody there to leave", "serve\nleave anna\n", "anna is not connected"},
		{"nobody there to break off", "serve\nconnect anna\nleave anna\nreset anna\n", "anna is not connected"},
		{"nobody there to finish", "serve\nfinish anna\n", "anna is not connected"},
		{"nobody there to be left", "serve\nended anna\n", "anna is not connected"},
		{"nobody there to refuse", "refused anna\n", "usage: refused CLIENT, after serve"},
		{"nobody's address", "serve\nconnect anna\nsay anna I am {bert}\n", "{bert} stands for the address of a client, and none of that name has been connected"},
		{"idle without unordered", "serve\nawait server idle\n", "after serve unordered"},
		{"unknown command", "serve\ndance\n", "unknown command"},
		{"nothing can be stored yet", "stored anna/song\n", "line 1, stored anna/song: it is about a server, and serve has not been before"},
		{"unknown file", "serve\nstored anna/dance\n", "line 2, stored anna/dance: the story has no file anna/dance"},
		{"empty", "# nothing\n", "the story never starts a server"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := play(t, "good", row.script+files)
			require.Error(t, err)
			assert.Contains(t, err.Error(), row.says)
		})
	}
}

func TestEndOfTheContextEndsThePlay(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := playIn(ctx, t, "good", twoClients)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestCommandOfALabDoesNotReplaceOneOfTheKit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "toy.txtar")
	require.NoError(t, os.WriteFile(file, []byte("serve\n"), 0o644))
	_, err := scenario.Play(t.Context(), file, nil, scenario.Options{TempDir: t.TempDir(), Extra: scenario.Extra{
		Assertions: map[string]scenario.Assertion{"serve": nil},
	}})
	assert.ErrorContains(t, err, "there is a command serve already")
}
