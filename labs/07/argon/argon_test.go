package argon

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHashMatchesItsPasswordOnly(t *testing.T) {
	h := New()
	hash, err := h.Hash("correct horse")
	require.NoError(t, err)
	assert.True(t, h.Matches(hash, "correct horse"))
	assert.False(t, h.Matches(hash, "correct horsf"))
	assert.False(t, h.Matches(hash, ""))
	assert.NotContains(t, string(hash), "horse")
	assert.True(t, strings.HasPrefix(string(hash), "$argon2id$v=19$m=19456,t=2,p=1$"), "%s", hash)
}

func TestSaltIsNewForEachHash(t *testing.T) {
	h := New()
	one, err := h.Hash("correct horse")
	require.NoError(t, err)
	two, err := h.Hash("correct horse")
	require.NoError(t, err)
	assert.NotEqual(t, one, two)
}

// The vector is from the test program of the reference implementation in C.
func TestHashesOfOthersMatch(t *testing.T) {
	const hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	assert.True(t, New().Matches([]byte(hash), "password"))
	assert.False(t, New().Matches([]byte(hash), "differentpassword"))
}

func TestWhatIsNoHashMatchesNothing(t *testing.T) {
	for _, hash := range []string{
		"",
		"password",
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
		"$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=0$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	} {
		assert.False(t, New().Matches([]byte(hash), "password"), "%q", hash)
	}
}

func BenchmarkHash(b *testing.B) {
	h := New()
	for b.Loop() {
		h.Hash("correct horse")
	}
}
