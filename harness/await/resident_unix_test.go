//go:build unix

package await_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
)

func init() { await.Resident(waitForParent) }

// Two functions that sit in a system call, which tells nobody when it is going to return. The second one
// has a name that somebody's resident has, in a package of its own.
func waitForParent(pipe int) { syscall.Read(pipe, make([]byte, 1)) }
func watchStdin(pipe int)    { syscall.Read(pipe, make([]byte, 1)) }

// callsResident is busy when the function that it has called is over.
func callsResident(pipe int) {
	waitForParent(pipe)
	syscall.Read(pipe, make([]byte, 1))
}

func TestOnlyResidentsMaySitInASystemCall(t *testing.T) {
	for _, c := range []struct {
		name string
		sit  func(pipe int)
		busy int
	}{
		{"told by its owner", func(pipe int) { go waitForParent(pipe) }, 0},
		{"of the same name as another's", func(pipe int) { go watchStdin(pipe) }, 1},
		{"calls a resident, and goes on", func(pipe int) { go callsResident(pipe) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Empty(t, await.Idle(patience))
			var pipe [2]int
			require.NoError(t, syscall.Pipe(pipe[:]))
			defer syscall.Close(pipe[0])
			c.sit(pipe[0])
			busy := await.Idle(impatience)
			assert.Len(t, busy, c.busy)
			syscall.Close(pipe[1])
			assert.Empty(t, await.Idle(patience), "at the end of the input")
		})
	}
}

func TestResidentsAreFunctionsOfTheKit(t *testing.T) {
	assert.Panics(t, func() { await.Resident(syscall.Getpid) })
}
