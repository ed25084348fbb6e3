package model

import (
	"net"
	"time"

	"lockstep/harness/norace"
	"lockstep/harness/steer"
)

// accepts is the listener of a story, which remembers when Accept was called and how it ended.
type accepts struct {
	net.Listener

	mu norace.Mutex

	// guarded by mu, in functions that the race detector passes over
	accepted int
	failing  bool          // the last Accept has failed with a temporary error, and there was none since
	failed   time.Time     // when
	pause    time.Duration // the last one, of this row of errors
	wrong    oddPause
}

// An oddPause is one that is not as the handout wants it.
type oddPause struct {
	rule         string
	before, took time.Duration
}

// Accept is that of a net.Listener.
func (l *accepts) Accept() (net.Conn, error) {
	l.called(time.Now())
	conn, err := l.Listener.Accept()
	l.ended(err == nil, temporary(err), time.Now())
	return conn, err
}

const (
	firstLeast = time.Millisecond
	firstMost  = 100 * time.Millisecond
	longest    = time.Second
	grain      = time.Millisecond / 10 // what waking up takes
	slack      = time.Second / 10      // behind which Accept is late
)

// called judges the pause behind a temporary error. Where the clock is the real one, only that it is too short says anything.
//
//go:norace
func (l *accepts) called(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.failing {
		return
	}
	l.failing = false
	took := now.Sub(l.failed)
	first := l.pause == 0
	rule := ""
	switch {
	case first && took < firstLeast:
		rule = "7.3"
	case !steer.On():
	case first && took > firstMost+10*grain:
		rule = "7.3"
	case took > longest+10*grain || !first && took < l.pause+grain && took < longest:
		rule = "7.4"
	}
	if rule != "" && l.wrong.rule == "" {
		l.wrong = oddPause{rule, l.pause, took}
	}
	l.pause = took
}

//go:norace
func (l *accepts) ended(ok, temporary bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case ok:
		l.accepted++
		l.pause = 0
	case temporary:
		l.failing, l.failed = true, now
	}
}

// pausing tells whether a server may be pausing, and late whether it should have gone on by now.
//
//go:norace
func (l *accepts) pausing() (pausing, late bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failing, l.failing && time.Since(l.failed) > longest+slack
}

//go:norace
func (l *accepts) state() (accepted int, wrong oddPause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted, l.wrong
}

// busy is a temporary error of Accept.
type busy struct{}

func (busy) Error() string   { return "too many open files" }
func (busy) Temporary() bool { return true }
func (busy) Timeout() bool   { return false }

func temporary(err error) bool { _, ok := err.(busy); return ok }
