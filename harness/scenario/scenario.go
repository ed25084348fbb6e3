// Package scenario, beside the student's code, plays the scripts in scripts/NN: clients on real TCP connections against a server
// in a process of its own. A student's go test, the grader and the demo all play the same script.
//
//	transcript, err := scenario.Play(ctx, "scripts/05/room.txtar", func() *exec.Cmd {
//		return exec.Command(binary) // calls host.Serve when it finds itself the server
//	}, scenario.Options{})
//
// A script is a testscript file (github.com/rogpeppe/go-internal/testscript) whose commands read
// like the lecture. Each of them waits for an event; none waits for time to pass.
//
//	serve [unordered]        start the server; unordered hides the clients' timing from the race detector
//	run CLIENT [ARG...]      start the student's client, in a lab where that is what students write; from then on
//	                         say types a line, await waits for one on its screen, finish ends its input, and
//	                         ended waits until it has returned
//	down                     the server goes down, with the clients connected
//	signal INT|TERM          send the signal to the server's process
//	exited                   wait for the server's process to end by itself, with status 0
//	again                    start a second server at the address of the one that has exited
//	connect CLIENT           open a connection; the client's last one must have been closed by the server
//	say CLIENT TEXT...       send a line
//	send CLIENT FILE         send the bytes of CLIENT/FILE and half-close
//	write CLIENT FILE        send the bytes of CLIENT/FILE
//	finish CLIENT            half-close: nothing more will be sent
//	leave CLIENT             close the connection
//	reset CLIENT             break the connection off, as when a machine crashes
//	ended CLIENT             wait for the server to close the connection, without another line
//	refused CLIENT           nobody can connect any more
//	await CLIENT TEXT...     wait for a line, passing over others; the last word may be left out
//	await server idle        wait until the server has nothing left to do (after serve unordered)
//	nothing CLIENT           the same, and no line has come for this client since the last that it awaited
//
// What only one lab's scripts have, an [Extra] adds.
//
// Where the server is a program with a console (a host.ConsoleServer), the client operator sits there and need
// not connect: say types a line, await waits for one on the screen.
//
// In a TEXT, {CLIENT} stands for the address of a client's last connection, host:port, as the server
// sees it: "await anna [{bert}] hello".
//
// When the scenario is over the server's listener is closed; Serve must return nil, and the process
// must not have met a data race. The verdict is made of replies, contents and race reports, never
// of an exit status alone.
//
// All of this runs in the process that plays; package host has the server's, and the pipe to it.
package scenario

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// Options are for those who want something else than the usual.
type Options struct {
	TempDir string  // where the server's folder is made; "" is the system's
	Program Program // what run starts
	Extra   Extra   // what the scripts of this lab have besides

	// Reported hears of each data race in the server as soon as it is reported there, from another goroutine. It may be nil.
	Reported func(raw string)
}

// Play plays a script. The command that server returns must lead to host.Serve; its
// environment and folder are set here. The error is for trouble with the script or the process
// itself, not with the server's behaviour: that is in the transcript.
func Play(ctx context.Context, script string, server func() *exec.Cmd, o Options) (*Transcript, error) {
	work, err := os.MkdirTemp(o.TempDir, "lockstep-scenario-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	text, err := os.ReadFile(script)
	if err != nil {
		return nil, err
	}
	p := &play{
		ctx:        ctx,
		command:    server,
		options:    o,
		lines:      strings.Split(string(text), "\n"),
		speakers:   map[string]*speaker{},
		addrs:      map[string]string{},
		transcript: &Transcript{Store: o.Extra.Stores},
	}
	defer p.stop()
	commands, err := p.commands()
	if err != nil {
		return nil, err
	}
	runner := &runner{}
	runner.run(testscript.Params{
		Files:       []string{script},
		WorkdirRoot: work,
		Setup:       p.setup,
		Cmds:        commands,
	})
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if p.trouble != nil {
		return nil, p.trouble
	}
	if runner.failed && p.transcript.Failure == "" {
		return nil, fmt.Errorf("%s cannot be played: %s", script, strings.TrimSpace(runner.log))
	}
	p.comments(len(p.lines)) // those behind the last command
	if err := p.finish(); err != nil {
		return nil, err
	}
	return p.transcript, nil
}

// setup notes where the server will run, and which files the script has brought.
func (p *play) setup(env *testscript.Env) error {
	p.dir = env.WorkDir
	matches, err := filepath.Glob(filepath.Join(p.dir, "*", "*"))
	if err != nil {
		return err
	}
	for _, m := range matches {
		client := filepath.Base(filepath.Dir(m))
		if strings.HasPrefix(client, ".") {
			continue // testscript's own
		}
		data, err := os.ReadFile(m)
		if err != nil {
			return err
		}
		p.transcript.Files = append(p.transcript.Files, File{Client: client, Name: filepath.Base(m), Data: data})
	}
	return nil
}
