//go:build unix

package scenario_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSignalsReachTheServer(t *testing.T) {
	transcript, err := play(t, "obeys", "serve\nsignal TERM\nexited\nagain\nsignal INT\nexited\n")
	require.NoError(t, err)
	assert.True(t, transcript.OK(), transcript.Failure)
}
