package await_test

import (
	"iter"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
	"lockstep/harness/stacks"
)

const (
	patience   = 30 * time.Second // for what comes to rest: never used up
	impatience = 20 * time.Millisecond
)

func TestIdleReturnsWhenEveryOtherGoroutineWaits(t *testing.T) {
	for _, c := range []struct {
		state string
		block func(t *testing.T) (release func()) // starts a goroutine
	}{
		{"chan receive", func(*testing.T) func() {
			c := make(chan int)
			go func() { <-c }()
			return func() { c <- 1 }
		}},
		{"chan send", func(*testing.T) func() {
			c := make(chan int)
			go func() { c <- 1 }()
			return func() { <-c }
		}},
		{"select", func(*testing.T) func() {
			c := make(chan int)
			go func() {
				select {
				case <-c:
				case c <- 1:
				}
			}()
			return func() { c <- 1 }
		}},
		{"sync.Mutex.Lock", func(*testing.T) func() {
			var mu sync.Mutex
			mu.Lock()
			//lint:ignore SA2001 to wait for the lock is all that it is for
			go func() { mu.Lock(); mu.Unlock() }()
			return mu.Unlock
		}},
		{"sync.RWMutex.RLock", func(*testing.T) func() {
			var mu sync.RWMutex
			mu.Lock()
			//lint:ignore SA2001 to wait for the lock is all that it is for
			go func() { mu.RLock(); mu.RUnlock() }()
			return mu.Unlock
		}},
		{"sync.Cond.Wait", func(*testing.T) func() {
			cond := sync.NewCond(new(sync.Mutex))
			go func() { cond.L.Lock(); cond.Wait(); cond.L.Unlock() }()
			return cond.Broadcast
		}},
		{"sync.WaitGroup.Wait", func(*testing.T) func() {
			var group sync.WaitGroup
			group.Add(1)
			go group.Wait()
			return group.Done
		}},
		{"coroutine", func(*testing.T) func() {
			next, stop := iter.Pull(slices.Values([]int{1}))
			next()
			return stop
		}},
		{"IO wait", func(t *testing.T) func() {
			conn := dial(t)
			go conn.Read(make([]byte, 1))
			return func() { conn.Close() }
		}},
		{"semacquire", func(t *testing.T) func() { // the second of two to write to somebody who does not read
			conn := dial(t)
			much := make([]byte, 16<<20)
			go conn.Write(much)
			go conn.Write(much)
			return func() { conn.Close() }
		}},
	} {
		t.Run(c.state, func(t *testing.T) {
			release := c.block(t)
			assert.Empty(t, await.Idle(patience))
			states := map[string]bool{}
			for _, g := range stacks.All() {
				states[g.State] = true
			}
			assert.Contains(t, states, c.state)
			release()
			assert.Empty(t, await.Idle(patience), "released")
		})
	}
}

// dial returns one end of a TCP connection. The other one is silent until the test is over.
func dial(t *testing.T) net.Conn {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	silent, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() })
	return conn
}

func spin(begun, stop chan struct{}) {
	close(begun)
	for {
		select {
		case <-stop:
			return
		//lint:ignore SA5004 it spins on purpose: Idle has to see it
		default:
		}
	}
}

func doze(begun, stop chan struct{}) {
	close(begun)
	for {
		select {
		case <-stop:
			return
		default:
			time.Sleep(time.Millisecond)
		}
	}
}

func TestIdleGivesUpOnGoroutinesThatGoOnByThemselves(t *testing.T) {
	for name, keepOn := range map[string]func(begun, stop chan struct{}){"spin": spin, "doze": doze} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, await.Idle(patience), "the goroutine that runs this one has come to rest")
			begun, stop := make(chan struct{}), make(chan struct{})
			go keepOn(begun, stop)
			<-begun
			busy := await.Idle(impatience)
			close(stop)
			require.Len(t, busy, 1)
			f, ok := busy[0].Innermost(stacks.In("lockstep/harness/await_test"))
			require.True(t, ok)
			assert.Equal(t, name, f.Name())
			assert.Empty(t, await.Idle(patience), "it has ended")
		})
	}
}

func TestIdleWaitsForATokenToComeToItsEnd(t *testing.T) {
	const goroutines, passes = 5, 100
	for range 100 {
		ring := make([]chan int, goroutines)
		for i := range ring {
			ring[i] = make(chan int)
		}
		end := make(chan struct{}, 1)
		var group sync.WaitGroup
		for i := range ring {
			group.Go(func() {
				for left := range ring[i] {
					if left == 0 {
						end <- struct{}{}
						return
					}
					ring[(i+1)%goroutines] <- left - 1
				}
			})
		}
		ring[0] <- passes
		require.Empty(t, await.Idle(patience))
		select {
		case <-end:
		default:
			require.Fail(t, "the token is still on its way")
		}
		for _, c := range ring {
			close(c)
		}
		group.Wait()
	}
}

// A goroutine that starts a garbage collection while Idle looks has to wait for it, in a state of
// the same name as one that waits for its turn to write, and then goes on. So does one that looks, too,
// which is easier to bring about.
func TestIdleIsNotTakenInByGoroutinesThatWaitForTheRuntime(t *testing.T) {
	for range 20 {
		end := make(chan struct{}, 1)
		go func() {
			for range 10 {
				runtime.Stack(make([]byte, 64<<10), true)
			}
			end <- struct{}{}
		}()
		require.Empty(t, await.Idle(patience))
		select {
		case <-end:
		default:
			require.Fail(t, "there was more to do")
		}
	}
}
