package labtest

import (
	"os"
	"testing"

	"lockstep/harness/host"
)

// MainConsole is [Main] for a lab whose program has a console and ends on signals: the scenarios run it as a
// process, and sit at its console.
func MainConsole(m *testing.M, program host.ConsoleServer) {
	if host.IsServer() {
		os.Exit(host.ServeConsole(program))
	}
	Main(m, nil)
}
