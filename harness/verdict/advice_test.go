package verdict_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lockstep/harness/verdict"
)

func TestAdviceNamesAConcept(t *testing.T) {
	text, err := os.ReadFile("../../docs/concepts.md")
	require.NoError(t, err)
	anchors := strings.ReplaceAll(strings.ToLower(string(text)), " ", "-")
	for _, s := range verdict.Statuses() {
		hint, concept := s.Advice("a goroutine waits for itself, for ever")
		if hint != "" {
			assert.Contains(t, anchors, "##-"+concept+"\n", s)
		}
	}
	hint, _ := verdict.Failed.Advice("bert waited for a line")
	assert.Empty(t, hint, "the check's own hint knows better")
}
