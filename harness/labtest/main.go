// Package labtest, beside the student's code, is what the checks of a lab are written with. A check reads like a story about
// clients:
//
//	func TestMain(m *testing.M) { labtest.Main(m, serve) }
//
//	func TestClientGetsAnAnswer(t *testing.T) {
//		s := labtest.Start(t, (&lab.Server{}).Serve) // on a network in memory
//		c := s.Connect("client 1")
//		c.Say("HELLO")
//		c.Await("WELCOME")
//	}
//
// [Start] runs a server in this process, on connections that the race detector does not see
// (package memnet). [Scenario] plays a script against a server in a process of its own. Either makes
// the test a check: it is watched by a deadline, and when it ends, leaked goroutines and data races
// are told in the student's own lines.
//
// Checks of one binary do not run in parallel: a race is found by process, and so would be blamed
// on the neighbour. Everything here belongs to the goroutine of the test.
package labtest

import (
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"syscall"
	"testing"

	"lockstep/harness/host"
	"lockstep/harness/startenv"
	"lockstep/harness/verdict"
)

// Main runs the checks, or, in the process that a [Scenario] started, the server. It does not return.
func Main(m *testing.M, serve func(net.Listener, *slog.Logger) error) {
	if host.IsServer() {
		os.Exit(host.Serve(serve))
	}
	if !verdict.Asked() && !startenv.Lifeline.Set() {
		syscall.Exit(run()) // os.Exit would let the detector wait a second for races that it cannot see here
	}
	startenv.Restore() // before package testing reads the arguments
	noteEarly()
	watching := make(chan struct{})
	go watchStdin(watching)     // ends the process when the one that wants its verdicts is gone
	<-watching                  // with one processor, until it sits in its system call
	debug.SetGCPercent(400)     // checks are short, and under the race detector a collection costs more than the memory does
	debug.SetMaxStack(64 << 20) // a recursion without an end is told in seconds
	schedules.begin()
	for {
		if code := m.Run(); code != 0 || !schedules.more() {
			os.Exit(code)
		}
	}
}

func watchStdin(watching chan<- struct{}) {
	close(watching)
	verdict.Attend()
	os.Exit(3)
}
