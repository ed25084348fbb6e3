package await_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
)

// hasty gives up soon, so that a test need not wait.
var hasty = await.Patience{Limit: 400 * time.Millisecond, Rest: 40 * time.Millisecond}

func TestWhatComesIsReceived(t *testing.T) {
	const pause = 10 * time.Millisecond
	for name, send := range map[string]func(c chan int){
		"there already": func(c chan int) { c <- 1 },
		"from a goroutine that works on it": func(c chan int) {
			go func() {
				for begun := time.Now(); time.Since(begun) < 2*hasty.Rest; {
				}
				c <- 1
			}()
		},
		"from a goroutine that sleeps": func(c chan int) { go func() { time.Sleep(2 * hasty.Rest); c <- 1 }() },
		"from a timer":                 func(c chan int) { time.AfterFunc(pause, func() { c <- 1 }) },
		"from a goroutine in a select": func(c chan int) {
			go func() {
				select {
				case <-time.After(pause):
					c <- 1
				case <-make(chan int):
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, await.Idle(patience))
			c := make(chan int, 1)
			send(c)
			got, err := await.Receive(hasty, c)
			require.NoError(t, err)
			assert.Equal(t, 1, got)
		})
	}
}

func TestClosedChannelIsReceivedFrom(t *testing.T) {
	c := make(chan string)
	close(c)
	got, err := await.Receive(await.Patience{}, c)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestWaitIsGivenUpForAReason(t *testing.T) {
	begun, stop := make(chan struct{}), make(chan struct{})
	defer close(stop)
	require.Empty(t, await.Idle(patience))
	_, err := await.Receive(hasty, make(chan int))
	assert.Equal(t, await.ErrRest, err)
	assert.Equal(t, await.ErrRest, hasty.Until(func() bool { return false }))

	go spin(begun, stop)
	<-begun
	_, err = await.Receive(hasty, make(chan int))
	assert.Equal(t, await.ErrLate, err)
}

func TestUntilAsksAgain(t *testing.T) {
	asked := 0
	require.NoError(t, await.Patience{}.Until(func() bool { asked++; return asked == 5 }))
	assert.Equal(t, 5, asked)
}

func TestWhoRestsIsForThePatienceToSay(t *testing.T) {
	asked := 0
	moves := hasty
	moves.Rests = func() bool { asked++; return asked%2 == 0 } // moves between any two looks
	assert.Equal(t, await.ErrLate, moves.Until(func() bool { return false }))
	moves.Rests = func() bool { return true }
	assert.Equal(t, await.ErrRest, moves.Until(func() bool { return false }))
}

// What has come by the time of the last look at who rests is found behind it.
func TestLastTryComesBehindEverythingElse(t *testing.T) {
	for name, rests := range map[string]bool{"rest": true, "late": false} {
		t.Run(name, func(t *testing.T) {
			p := hasty
			p.Rests = func() bool { return rests }
			require.NoError(t, p.Try(func(wait time.Duration) bool {
				time.Sleep(wait)
				return wait == 0
			}))
			assert.Error(t, p.Try(func(wait time.Duration) bool {
				time.Sleep(wait)
				return false
			}))
		})
	}
}

// A try that takes as long as the whole patience, whatever held it up, is one try among several.
func TestNoGapDecides(t *testing.T) {
	for name, gaps := range map[string]int{"one": 1, "several": 4} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			err := hasty.Try(func(wait time.Duration) bool {
				if tries++; tries > 10 && tries <= 10+gaps {
					wait = hasty.Limit
				}
				time.Sleep(wait)
				return tries > 10+gaps
			})
			assert.NoError(t, err)
		})
	}
}
