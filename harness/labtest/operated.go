package labtest

import (
	"os"
	"testing"

	"lockstep/harness/scenario"
)

// MainOperated is [Main] for a lab whose program has a console and ends on signals: the scenarios run it as a
// process, and sit at its console.
func MainOperated(m *testing.M, program scenario.Operated) {
	if scenario.IsServer() {
		os.Exit(scenario.ServeOperated(program))
	}
	Main(m, nil)
}
