package scenario

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"lockstep/harness/await"
	"lockstep/harness/host"
)

// finish ends clients and server and collects what they leave.
func (p *play) finish() error {
	if p.server == nil {
		return errors.New("the story never starts a server")
	}
	for _, name := range slices.Sorted(maps.Keys(p.speakers)) {
		s := p.speakers[name]
		if !s.over() {
			continue
		}
		if p.transcript.Failure == "" {
			if w, ok := errors.AsType[*wrong](p.closed(&Step{}, s)); ok {
				p.transcript.Failure = w.text
			}
		}
		s.Close()
	}
	p.server.Stop() // what is wrong with that is for judge to say
	p.judge(p.server.ExitState())
	var err error
	if p.transcript.Stored, err = p.options.Extra.stored(p.dir); err != nil {
		return err
	}
	for _, server := range append(p.before, p.server) {
		p.collect(server)
	}
	return nil
}

// judge says what is wrong with how the last server has ended, unless something was wrong before.
func (p *play) judge(o host.ExitState) {
	if p.transcript.Failure != "" {
		return
	}
	switch {
	case o.Forged:
		p.transcript.Failure = host.ErrForged.Error()
	case o.Crash != "":
		p.transcript.Failure = "the server crashed: " + o.Crash
	case !o.Served:
		p.transcript.Failure = fmt.Sprintf("Serve did not return within %v of its listener's close and its last client's leaving", await.Limit)
	case o.Error != "":
		p.transcript.Failure = "Serve should return nil once its listener is closed, and returned " + o.Error
	}
}

// collect takes what a server has left.
func (p *play) collect(server *host.Process) {
	server.Stop() // reads its last words, which may have come unasked; how it ended was judged already
	o := server.ExitState()
	p.transcript.Server += o.Stderr
	p.transcript.Misuses = append(p.transcript.Misuses, o.Misuses...)
	p.transcript.Races = append(p.transcript.Races, o.Races...)
	if p.transcript.Failure == "" && o.Hidden {
		p.transcript.Failure = "the race detector met a data race in the server, and its report is gone: leave standard error alone"
	}
}

// stop leaves nothing running.
func (p *play) stop() {
	for _, s := range p.speakers {
		s.Close()
	}
	for _, server := range p.before {
		server.Kill()
	}
	if p.server != nil {
		p.server.Kill()
	}
}
