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
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"

	"lockstep/harness/host"
	"lockstep/harness/process"
	"lockstep/harness/race"
	"lockstep/harness/startenv"
	"lockstep/harness/verdict"
)

// Main runs the checks, or, in the process that a [Scenario] started, the server. It does not return.
func Main(m *testing.M, serve func(net.Listener, *slog.Logger) error) {
	if host.IsServer() {
		os.Exit(host.Serve(serve))
	}
	if !verdict.Asked() && !startenv.Lifeline.Set() {
		syscall.Exit(again()) // os.Exit would let the detector wait a second for races that it cannot see here
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

// racedAtExit is how the detector ends a process that met a race and means to end well: no check
// answered for the race.
const racedAtExit = 66

// again runs this binary a second time, as a child that is told where to leave what it writes. The
// race detector takes its settings from the environment when a process starts, and its reports have
// to be in a file to be explained. The child's temporary files are removed also when Ctrl-C ends it.
func again() int {
	dir, err := os.MkdirTemp("", "lockstep-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockstep:", err)
		return 3
	}
	defer os.RemoveAll(dir)
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // it ends the child, and so this
	log := filepath.Join(dir, "race")
	cmd := exec.Command(startenv.Program(), startenv.Args()[1:]...)
	cmd.Env = append(startenv.Environ(), append(process.Temp(dir), startenv.Lifeline.With("1"), startenv.RaceLog.With(log),
		"GORACE="+startenv.Getenv("GORACE")+" "+race.ToFile(log))...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockstep:", err)
		return 3
	}
	defer lifeline.Close()
	err = cmd.Run()
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return 0
	case !ok:
		fmt.Fprintln(os.Stderr, "lockstep:", err)
		return 3
	case exit.ExitCode() == racedAtExit:
		reports, _ := race.ReadLogOf(log, cmd.Process.Pid) // what cannot be read cannot be explained
		fmt.Fprintf(os.Stderr, "\n%s\n", teller.Tell("", explainer(reports), reports))
	}
	return max(1, exit.ExitCode()) // -1 for a signal
}

func watchStdin(watching chan<- struct{}) {
	close(watching)
	verdict.Attend()
	os.Exit(3)
}
