package memnet

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func startArrival(b *Barrier) *call[struct{}] {
	return start(func() (struct{}, error) { b.Arrive(); return struct{}{}, nil })
}

func TestBarrierOpensForTheLastToArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBarrier(3)
		first, second := startArrival(b), startArrival(b)
		first.waits(t)
		second.waits(t)
		b.Arrive()
		first.returns(t)
		second.returns(t)
		b.Arrive() // it stays open
	})
}

func TestOpenLetsAllPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBarrier(3)
		first := startArrival(b)
		first.waits(t)
		b.Open()
		first.returns(t)
		b.Arrive()
		b.Open()
		b.Arrive()
	})
}

func TestBarrierForNobodyIsOpen(t *testing.T) {
	NewBarrier(0).Arrive()
}

func TestBarrierdReadsGoOnTogether(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		b := NewBarrier(3)
		var clients []*Conn
		var handlers []*call[string]
		for range 3 {
			client, server := connect(t, l)
			client.HoldPeerReads(b)
			clients = append(clients, client)
			handlers = append(handlers, startRead(server))
		}
		for i, client := range clients {
			for _, handler := range handlers {
				handler.waits(t)
			}
			mustWrite(t, client, string(rune('a'+i)))
		}
		for i, handler := range handlers {
			got, err := handler.returns(t)
			assert.NoError(t, err)
			assert.Equal(t, string(rune('a'+i)), got)
		}
		mustWrite(t, clients[0], "next")
		mustRead(t, clients[0].peer, "next")
	})
}

func TestReadWithoutBytesStaysAwayFromTheBarrier(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		barrier := NewBarrier(2)
		defer barrier.Open()
		a.HoldPeerReads(barrier)
		_, err := b.Read(nil)
		require.NoError(t, err)
		require.NoError(t, b.SetReadDeadline(time.Now()))
		_, err = read(b)
		require.Error(t, err)
		require.NoError(t, b.SetReadDeadline(time.Time{}))

		mustWrite(t, a, "hello")
		startRead(b).waits(t)
	})
}

func TestNilBarrierTakesTheLastBack(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		a.HoldPeerReads(NewBarrier(2))
		a.HoldPeerReads(nil)
		mustWrite(t, a, "hello")
		mustRead(t, b, "hello")
	})
}

func TestHeldWriteDeliversAndReturnsWhenReleased(t *testing.T) {
	onPipe(t, 0, func(t *testing.T, a, b *Conn) {
		a.HoldPeerWrites()
		writing := startWrite(b, "welcome")
		writing.waits(t)
		next := startWrite(b, "!")
		next.waits(t)
		mustRead(t, a, "welcome")
		writing.waits(t)
		next.waits(t)

		a.ReleasePeerWrites()
		_, err := writing.returns(t)
		assert.NoError(t, err)
		_, err = next.returns(t)
		assert.NoError(t, err)
		mustWrite(t, b, "no longer held")
	})
}

func TestHeldWriteThatFillsTheBufferDeliversTheRest(t *testing.T) {
	onPipe(t, 4, func(t *testing.T, a, b *Conn) {
		a.HoldPeerWrites()
		writing := startWrite(b, "123456")
		writing.waits(t)
		mustRead(t, a, "1234")
		synctest.Wait()
		mustRead(t, a, "56")
		writing.waits(t)
		a.ReleasePeerWrites()
		n, err := writing.returns(t)
		assert.NoError(t, err)
		assert.Equal(t, 6, n)
	})
}

func TestHeldWriteSucceedsWhenNothingCanReleaseIt(t *testing.T) {
	for name, end := range map[string]func(a, b *Conn) error{
		"the client has closed":    func(a, b *Conn) error { return a.Close() },
		"the client has reset":     func(a, b *Conn) error { return a.Reset() },
		"the server has closed":    func(a, b *Conn) error { return b.Close() },
		"the deadline has passed":  func(a, b *Conn) error { return b.SetWriteDeadline(time.Now()) },
		"the output is closed":     func(a, b *Conn) error { return b.CloseWrite() },
		"the deadline passes late": func(a, b *Conn) error { return b.SetDeadline(time.Now().Add(time.Second)) },
	} {
		t.Run(name, func(t *testing.T) {
			onPipe(t, 0, func(t *testing.T, a, b *Conn) {
				a.HoldPeerWrites()
				writing := startWrite(b, "welcome")
				writing.waits(t)
				require.NoError(t, end(a, b))
				<-writing.done
				n, err := writing.returns(t)
				assert.NoError(t, err)
				assert.Equal(t, len("welcome"), n)
			})
		})
	}
}

func TestHoldInDialerCatchesTheGreeting(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		greeting := start(func() (int, error) {
			server, err := l.Accept()
			if err != nil {
				return 0, err
			}
			return write(server, "welcome")
		})
		client, err := l.DialAs(Dialer{Prepare: (*Conn).HoldPeerWrites})
		require.NoError(t, err)
		mustRead(t, client, "welcome")
		greeting.waits(t)
		client.ReleasePeerWrites()
		_, err = greeting.returns(t)
		assert.NoError(t, err)
	})
}
