package memnet

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDeadlineOfTenSecondsPassesAtOnceInABubble(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		begin := time.Now()
		require.NoError(t, b.SetReadDeadline(begin.Add(10*time.Second)))
		_, err := read(b)
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(begin))
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		assert.True(t, timeout.Timeout())
	})
}

func TestDeadlinePassesOnTheRealClock(t *testing.T) {
	_, b := Pipe(1)
	begin := time.Now()
	require.NoError(t, b.SetDeadline(begin.Add(20*time.Millisecond)))
	_, err := read(b)
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
	assert.GreaterOrEqual(t, time.Since(begin), 20*time.Millisecond)

	begin = time.Now()
	require.NoError(t, b.SetDeadline(begin.Add(20*time.Millisecond)))
	_, err = write(b, "too much")
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
	assert.GreaterOrEqual(t, time.Since(begin), 20*time.Millisecond)
}

func TestWriteThatTimesOutTellsWhatItHasWritten(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		require.NoError(t, a.SetWriteDeadline(time.Now().Add(time.Second)))
		writing, waiting := startWrite(a, "123456"), startWrite(a, "123456")
		writing.waits(t)
		waiting.waits(t)
		time.Sleep(time.Second) // on the bubble's clock
		first, err := writing.returns(t)
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		second, err := waiting.returns(t)
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, 4, first+second, "one had its turn")
		mustRead(t, b, "1234")
	})
}

func TestPastDeadlineWakesCalls(t *testing.T) {
	for name, past := range map[string]func() time.Time{
		"long past": func() time.Time { return time.Unix(1, 0) },
		"now":       time.Now,
	} {
		t.Run(name, func(t *testing.T) {
			onPipe(t, 4, func(t *testing.T, a, b *Conn) {
				reading, writing := startRead(a), startWrite(a, "123456")
				reading.waits(t)
				writing.waits(t)
				require.NoError(t, a.SetDeadline(past()))
				_, err := reading.returns(t)
				assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
				_, err = writing.returns(t)
				assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
			})
		})
	}
}

func TestPassedDeadlineFailsCallsThatNeedNotWait(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		mustWrite(t, a, "hello")
		mustWrite(t, b, "hello")
		require.NoError(t, a.SetDeadline(time.Now()))
		_, err := read(a)
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		_, err = write(a, "hello")
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		mustRead(t, b, "hello")
	})
}

func TestDeadlineIsForOneDirectionOfOneEnd(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		require.NoError(t, a.SetReadDeadline(time.Now()))
		mustWrite(t, a, "hello")
		require.NoError(t, b.SetWriteDeadline(time.Now()))
		mustRead(t, b, "hello")
	})
}

func TestZeroTimeClearsADeadline(t *testing.T) {
	for name, deadline := range map[string]time.Duration{"that has passed": 0, "to come": time.Second} {
		t.Run(name, func(t *testing.T) {
			onPipe(t, 0, func(t *testing.T, a, b *Conn) {
				require.NoError(t, b.SetDeadline(time.Now().Add(deadline)))
				require.NoError(t, b.SetDeadline(time.Time{}))
				reading := startRead(b)
				time.Sleep(time.Minute)
				reading.waits(t)
				mustWrite(t, a, "hello")
				_, err := reading.returns(t)
				assert.NoError(t, err)
			})
		})
	}
}

func TestLastDeadlineCounts(t *testing.T) {
	for name, test := range map[string]struct{ first, last time.Duration }{
		"earlier": {10 * time.Second, 5 * time.Second},
		"later":   {5 * time.Second, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			onPipe(t, 0, func(t *testing.T, a, b *Conn) {
				begin := time.Now()
				require.NoError(t, b.SetReadDeadline(begin.Add(test.first)))
				reading := startRead(b)
				reading.waits(t)
				require.NoError(t, b.SetReadDeadline(begin.Add(test.last)))
				<-reading.done
				assert.Equal(t, test.last, time.Since(begin))
			})
		})
	}
}

// An alarm that goes off while its deadline is being replaced finds that it no longer counts.
func TestAlarmOfAReplacedDeadlineIsIgnored(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		require.NoError(t, b.SetReadDeadline(time.Now().Add(time.Second)))
		old := b.readBy.alarm
		require.NoError(t, b.SetReadDeadline(time.Now().Add(time.Hour)))
		old.ring()
		startRead(b).waits(t)
	})
}

func TestCloseStopsTheAlarms(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		require.NoError(t, b.SetDeadline(time.Now().Add(time.Hour)))
		readAlarm, writeAlarm := b.readBy.alarm, b.writeBy.alarm
		require.NoError(t, b.Close())
		assert.False(t, readAlarm.timer.Stop(), "stopped already")
		assert.False(t, writeAlarm.timer.Stop(), "stopped already")
	})
}
