package labtest

import (
	"os"
	"testing"

	"lockstep/harness/story"
)

// MainOperated is [Main] for a lab whose program has a console and ends on signals: the scenarios run it as a
// process, and sit at its console.
func MainOperated(m *testing.M, program story.Operated) {
	if story.IsServer() {
		os.Exit(story.ServeOperated(program))
	}
	Main(m, nil)
}
