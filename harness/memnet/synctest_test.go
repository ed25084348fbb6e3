package memnet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The other tests rest on these: in a bubble, whoever waits here is known to wait.

func TestBubbleIsIdleWhenBothEndsWaitInRead(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		client, server := connect(t, l)
		here, there := startRead(client), startRead(server)
		here.waits(t)
		there.waits(t)
		require.NoError(t, client.Close())
		here.returns(t)
		there.returns(t)
	})
}

func TestBubbleIsIdleWhenWritersAndAcceptWait(t *testing.T) {
	onListener(t, func(t *testing.T, l *Listener) {
		l.Buffer = 1
		client, server := connect(t, l)
		accepting := startAccept(l)
		writing, next, held := startWrite(client, "too much"), startWrite(client, "more"), startWrite(server, "x")
		client.HoldPeerWrites()
		for _, w := range []*call[int]{writing, next} {
			w.waits(t)
		}
		accepting.waits(t)
		require.NoError(t, client.Close())
		for _, w := range []*call[int]{writing, next} {
			_, err := w.returns(t)
			assert.Error(t, err)
		}
		held.returns(t)
	})
}
