package memnet

import (
	"io"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
	"lockstep/harness/stacks"
)

// A server that does not look at errors stalls instead of spinning. Its goroutine stays for as long
// as this process runs.
func TestCallsBehindTheEndStallInTheLongRun(t *testing.T) {
	ended, gone := Pipe(0)
	require.NoError(t, gone.Close())
	reset, peer := Pipe(0)
	require.NoError(t, peer.Reset())
	l := Listen()
	require.NoError(t, l.Close())

	for _, row := range []struct {
		name, doing string
		call        func() error
		end         error
	}{
		{"Read after the peer's Close", "reads on and on, although the connection has ended", func() error { _, err := ended.Read(make([]byte, 1)); return err }, io.EOF},
		{"Read after a reset", "reads on and on, although the connection has ended", func() error { _, err := reset.Read(make([]byte, 1)); return err }, syscall.ECONNRESET},
		{"Accept of a closed listener", "accepts on and on, although the listener is closed", func() error { _, err := l.Accept(); return err }, net.ErrClosed},
	} {
		t.Run(row.name, func(t *testing.T) {
			for range tooOften {
				require.ErrorIs(t, row.call(), row.end)
			}
			go row.call()
			require.Empty(t, await.Idle(30*time.Second))
			assert.True(t, slices.ContainsFunc(stacks.All(), func(g stacks.Goroutine) bool { return g.Doing() == row.doing }))
		})
	}
}
