//go:build unix

package process_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/process"
)

// The processes hold the end of a pipe. When nobody holds it any more, reading it comes to an end:
// that is how the test knows that all are gone.
func TestKillEndsWhatTheProcessHasStarted(t *testing.T) {
	for name, script := range map[string]string{
		"while it waits":              "sleep 1000 & echo ready; wait",
		"when it has ended":           "sleep 1000 & echo ready",
		"that ignores polite signals": "trap '' INT TERM HUP; sleep 1000 & echo ready; wait",
	} {
		t.Run(name, func(t *testing.T) {
			held, end, err := os.Pipe()
			require.NoError(t, err)
			defer held.Close()
			require.NoError(t, held.SetReadDeadline(time.Now().Add(time.Minute)))
			cmd := exec.Command("sh", "-c", script)
			cmd.Stdout = end // a file, which the process gets as it is
			process.Group(cmd)
			require.NoError(t, cmd.Start())
			require.NoError(t, end.Close())
			out := bufio.NewReader(held)
			line, err := out.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "ready\n", line)

			process.Kill(cmd)
			_, err = out.ReadByte()
			assert.ErrorIs(t, err, io.EOF, "somebody is left")
			cmd.Wait()
		})
	}
}

func TestKillSparesThisProcessAndMayComeLate(t *testing.T) {
	cmd := exec.Command("true")
	process.Group(cmd)
	require.NoError(t, cmd.Run())
	process.Kill(cmd)
}
