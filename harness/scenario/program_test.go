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
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/needs"
	"lockstep/harness/scenario"
)

func init() { toys["hangs up"] = hangUp }

// hangUp names whoever speaks to it, and closes its connections with the listener.
func hangUp(ln net.Listener, _ *slog.Logger) error {
	var conns []net.Conn
	for {
		conn, err := ln.Accept()
		if err != nil {
			break
		}
		conns = append(conns, conn)
		go name(conn) // ends with the connection
	}
	for _, conn := range conns {
		conn.Close()
	}
	return nil
}

var errDown = errors.New("the server is gone")

// shout is a client that sends what is typed in capitals, behind its arguments.
func shout(ctx context.Context, args []string, conn net.Conn, in io.Reader, out io.Writer) error {
	defer conn.Close()
	down := make(chan error, 1)
	go func() { // ends with conn
		io.Copy(out, conn)
		down <- errDown
	}()
	left := make(chan error, 1)
	go func() { // ends with in
		for lines := bufio.NewScanner(in); lines.Scan(); {
			fmt.Fprintln(conn, strings.ToUpper(strings.Join(append(args, lines.Text()), " ")))
		}
		left <- nil
	}()
	select {
	case err := <-down:
		fmt.Fprintln(out, "gone")
		return err
	case err := <-left:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deaf is a client that does nothing before ctx is done.
func deaf(ctx context.Context, _ []string, conn net.Conn, _ io.Reader, _ io.Writer) error {
	<-ctx.Done()
	conn.Close()
	return nil
}

func playProgram(t *testing.T, program scenario.Program, script string) (*scenario.Transcript, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "toy.txtar")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o644))
	server := func() *exec.Cmd { return exec.Command(os.Args[0], "hangs up") }
	return scenario.Play(t.Context(), file, server, scenario.Options{TempDir: t.TempDir(), Program: program})
}

func TestProgramIsPlayedLikeAClient(t *testing.T) {
	transcript, err := playProgram(t, shout, `# A program, and a client beside it
serve
run anna la
connect bert
say anna hello
await anna [{anna}] LA HELLO
say bert hello
await bert [{bert}] hello
finish anna
ended anna
run anna
say anna again
await anna [{anna}] AGAIN
down
await anna gone
ended anna
ended bert
`)
	require.NoError(t, err)
	assert.True(t, transcript.OK(), transcript.Failure)
	assert.Contains(t, transcript.Text(), "  say anna again\n  await anna [{anna}] AGAIN\n      anna gets  [127.0.0.1:")
}

func TestWhatGoesWrongWithAProgramIsSaid(t *testing.T) {
	needs.Time(t)
	for _, row := range []struct {
		name    string
		program scenario.Program
		script  string
		failure string
	}{
		{"nothing comes", deaf, "await anna hello\n", `anna waited for "hello": nothing came, and nothing moves in the server any more`},
		{"another line comes", shout, "say anna a\nawait anna [{anna}] B\ndown\n", `and got "`},
		{"it returns early", shout, "finish anna\nawait anna hello\n", `anna waited for "hello": Run has returned, with nil`},
		{"it returns an error", shout, "down\nawait anna hello\n", `anna waited for "hello" and got "gone"`},
		{"a line instead of the end", shout, "down\nended anna\n", `anna waited for Run to return and got "gone"`},
		{"no end", deaf, "finish anna\nended anna\n", "anna waited for Run to return: nothing came"},
		{"no end of the scenario", deaf, "", "the input of anna has ended, and Run has not returned"},
	} {
		t.Run(row.name, func(t *testing.T) {
			transcript, err := playProgram(t, row.program, "serve\nrun anna\n"+row.script)
			require.NoError(t, err)
			assert.Contains(t, transcript.Failure, row.failure)
		})
	}
}

func TestScriptOfAProgramThatCannotBePlayed(t *testing.T) {
	for _, row := range []struct{ name, script, trouble string }{
		{"before serve", "run anna\n", "usage: run CLIENT [ARG...], after serve"},
		{"unordered", "serve unordered\nrun anna\n", "usage: run CLIENT [ARG...], after serve"},
		{"down before serve", "down\n", "usage: down, after serve"},
		{"reset", "serve\nrun anna\nreset anna\n", "usage: reset CLIENT, one that the story has connected"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := playProgram(t, shout, row.script)
			assert.ErrorContains(t, err, row.trouble)
		})
	}
	_, err := play(t, "good", "serve\nrun anna\n"+files)
	assert.ErrorContains(t, err, "where students write the client")
}
