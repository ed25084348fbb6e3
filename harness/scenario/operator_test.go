package scenario_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/scenario"
)

// operated are toys with a console: they end when end is typed, or on a signal.
var operated = map[string]scenario.Operated{
	"obeys": func(ctx context.Context, ln net.Listener, _ *slog.Logger, in io.Reader, out io.Writer) error {
		return obey(ctx, ln, in, out)
	},
	"deaf": func(_ context.Context, ln net.Listener, _ *slog.Logger, _ io.Reader, _ io.Writer) error {
		return each(ln, name)
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
	result, err := play(t, "obeys", `serve unordered
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
	assert.True(t, result.OK(), result.Failure)
}

func TestServerThatEndsBadlyIsFoundOut(t *testing.T) {
	result, err := play(t, "regrets", "serve\nsay operator end\nexited\n")
	require.NoError(t, err)
	assert.Contains(t, result.Failure, "the program should end with exit status 0, and ended with 1: a pity")
}

func TestServerThatDoesNotEndIsFoundOut(t *testing.T) {
	result, err := play(t, "deaf", "serve\nsay operator end\nexited\n")
	require.NoError(t, err)
	assert.Contains(t, result.Failure, "the program should end now, and nothing moves in it any more")
}
