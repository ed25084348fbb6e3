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
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/host"
	"lockstep/harness/needs"
	"lockstep/harness/norace"
)

// withConsole are toys with a console: they end when end is typed, or on a signal.
var withConsole = map[string]host.ConsoleServer{
	"obeys": func(ctx context.Context, ln net.Listener, _ *slog.Logger, in io.Reader, out io.Writer) error {
		return obey(ctx, ln, in, out)
	},
	"obeys once": func(ctx context.Context, ln net.Listener, _ *slog.Logger, in io.Reader, out io.Writer) error {
		return obey(ctx, ln, in, out)
	},
	"deaf": func(_ context.Context, ln net.Listener, _ *slog.Logger, _ io.Reader, _ io.Writer) error {
		return each(ln, name)
	},
	"races": func(ctx context.Context, ln net.Listener, _ *slog.Logger, in io.Reader, out io.Writer) error {
		n, done := 0, make(chan bool)
		go func() { n++; done <- true }()
		n++
		<-done
		fmt.Fprintln(os.Stderr, "somebody wrote this")
		return obey(ctx, ln, in, out)
	},
	"regrets": func(ctx context.Context, ln net.Listener, _ *slog.Logger, in io.Reader, out io.Writer) error {
		return errors.Join(obey(ctx, ln, in, out), errors.New("a pity"))
	},
}

func obey(ctx context.Context, ln net.Listener, in io.Reader, out io.Writer) error {
	context.AfterFunc(ctx, func() { ln.Close() })
	go func() {
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			fmt.Fprintln(out, "typed", lines.Text())
			if lines.Text() == "end" {
				ln.Close()
			}
		}
	}()
	return each(ln, name)
}

func TestOperatorEndsTheServerAndStartsItAgain(t *testing.T) {
	transcript, err := play(t, "obeys", `serve unordered
connect anna
say anna hello
await anna [{anna}] hello
say operator hello
await operator typed hello
nothing operator
leave anna
say operator end
exited
refused anna
again
connect anna
say anna hello
await anna [{anna}] hello
leave anna
`)
	require.NoError(t, err)
	assert.True(t, transcript.OK(), transcript.Failure)
}

func TestOperatorWhoLeavesIsNoClient(t *testing.T) {
	for _, row := range []struct{ script, trouble string }{
		{"serve unordered\nleave operator\nawait server idle\n", ""},
		{"serve\nsay operator {operator}\n", "{operator} stands for the address of a client"},
		{"serve\nreset operator\n", "usage: reset CLIENT, one that the story has connected"},
	} {
		transcript, err := play(t, "obeys", row.script)
		if row.trouble != "" {
			assert.ErrorContains(t, err, row.trouble)
			continue
		}
		require.NoError(t, err)
		assert.True(t, transcript.OK(), transcript.Failure)
	}
}

func TestWhatAServerHasLeftThatHasExitedIsKept(t *testing.T) {
	transcript, err := play(t, "races", "serve\nsay operator end\nexited\nagain\nsay operator end\nexited\nagain\n")
	require.NoError(t, err)
	assert.Empty(t, transcript.Failure)
	races := 0
	if norace.Race {
		races = 3
	}
	assert.Len(t, transcript.Races, races, "one in each of them")
	assert.Equal(t, strings.Repeat("somebody wrote this\n", 3), transcript.Server)
}

func TestAgainIsForTheAddressOfAServerThatHasExited(t *testing.T) {
	_, err := play(t, "obeys", "serve\nagain\n")
	assert.ErrorContains(t, err, "usage: again, after exited")
}

func TestServerThatDoesNotListenAgainIsFoundOut(t *testing.T) {
	transcript, err := play(t, "obeys once", "serve\nsay operator end\nexited\nagain\n")
	require.NoError(t, err)
	assert.Regexp(t, `^a second server could not be started at the address of the first, 127\.0\.0\.1:\d+: once is enough$`, transcript.Failure)
	assert.Equal(t, "once is enough\n", transcript.Server)
}

func TestServerThatEndsBadlyIsFoundOut(t *testing.T) {
	transcript, err := play(t, "regrets", "serve\nsay operator end\nexited\n")
	require.NoError(t, err)
	assert.Contains(t, transcript.Failure, "the program should end with exit status 0, and ended with 1: a pity")
}

func TestServerThatDoesNotEndIsFoundOut(t *testing.T) {
	needs.Time(t)
	transcript, err := play(t, "deaf", "serve\nsay operator end\nexited\n")
	require.NoError(t, err)
	assert.Contains(t, transcript.Failure, "the program should end now, and nothing moves in it any more")
}
