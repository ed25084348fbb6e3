//go:build unix

package await_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
)

// stoppedEnv is set in the process that is stopped.
const stoppedEnv = "LOCKSTEP_TEST_STOPPED"

// stop is how long that process is stopped each time: longer than it has patience for.
const stop = 50 * time.Millisecond

// Somebody stops a process while a right method runs in it, and lets it go on after longer than the wait
// for that method may take. The method returns then, and nobody may say that it did not.
func TestStoppedProcessIsNotBlamed(t *testing.T) {
	const calls = 50
	if os.Getenv(stoppedEnv) != "" {
		stopAndGoOn(t, calls)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), stoppedEnv+"=1")
	out, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out // a file, for nobody waits for the process but this function
	require.NoError(t, cmd.Start())
	stops := 0
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
		if err == syscall.EINTR {
			continue
		}
		require.NoError(t, err)
		if !status.Stopped() {
			text, err := os.ReadFile(out.Name())
			require.NoError(t, err)
			assert.Zero(t, status.ExitStatus(), "%s", text)
			break
		}
		stops++
		time.Sleep(stop) // that time passes is what the test is about
		require.NoError(t, syscall.Kill(cmd.Process.Pid, syscall.SIGCONT))
	}
	assert.Equal(t, calls, stops)
}

func stopAndGoOn(t *testing.T, calls int) {
	p := await.Patience{Limit: stop / 2, Rest: stop / 3}
	for call := range calls {
		answer := make(chan int, 1)
		go func() {
			last := time.Now()
			syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			for gap := time.Duration(0); gap < stop/2; last = last.Add(gap) { // another thread may take the signal
				gap = time.Since(last)
			}
			answer <- call
		}()
		got, err := await.Receive(p, answer)
		require.NoError(t, err, "call %d", call+1)
		require.Equal(t, call, got)
	}
}
