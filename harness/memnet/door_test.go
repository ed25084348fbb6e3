package memnet_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/await"
	"lockstep/harness/memnet"
)

// Whoever is held at the door is there for Accept, which does not return it, nor anybody behind it.
func TestAcceptOfAClientIsHeld(t *testing.T) {
	ln := memnet.Listen()
	defer ln.Close()
	door := memnet.NewBarrier(2)
	_, err := ln.DialAs(memnet.Dialer{Held: door})
	require.NoError(t, err)
	_, err = ln.Dial()
	require.NoError(t, err)
	accepted := make(chan error, 2)
	go func() {
		for range 2 {
			_, err := ln.Accept()
			accepted <- err
		}
	}()
	require.Empty(t, await.Idle(await.Limit))
	assert.Empty(t, accepted)
	door.Open()
	for range 2 {
		assert.NoError(t, <-accepted)
	}
}
