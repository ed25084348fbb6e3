// Package disk, beside the student's code, is the file that the server of lab 04 appends to, in memory: a check can make an operation fail or
// hold it, and the race detector does not see that two handlers use it.
//
//	log := disk.New(t)
//	s := &appendlog.Server{Open: log.Open}
package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"testing"

	"lockstep/harness/labtest"
	"lockstep/harness/norace"
)

// An Op is something that a server does with a [Log].
type Op int

const (
	Open Op = iota
	Write
	Close
	Short // a Write of which half is written
	ops
)

// A Log is a file in memory that is opened for appending: each Write adds its bytes at the end,
// whatever else is open, as with O_APPEND on a disk. A check can make an operation fail, or hold it
// while others go on. The race detector does not see that two handlers use the same Log.
type Log struct {
	mu      norace.Mutex
	changed *norace.Cond // a hold was lifted

	// guarded by mu, in functions that the race detector passes over
	data  []byte // no larger than maxLog
	open  int
	fails [ops]string // why the next one is to fail, "" if it is not
	holds [ops]bool
	kept  int // how many times it was opened, written and closed without an error
	lost  int // and with one
}

const maxLog = 4 << 20

// New returns an empty log. When the test is over, all that was opened must be closed.
func New(t *testing.T) *Log {
	t.Helper()
	labtest.Check(t)
	l := &Log{data: make([]byte, 0, 16<<10)}
	l.changed = norace.NewCond(&l.mu)
	t.Cleanup(func() {
		l.Release()
		if n := l.Opened(); n > 0 && !t.Failed() {
			t.Errorf("the log was opened %d more times than it was closed: close it on every way out, also after an error", n)
		}
	})
	return l
}

// Open is for the server's field of that name.
//
//go:norace
func (l *Log) Open() (io.WriteCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.begin(Open); err != nil {
		l.lost++
		return nil, err
	}
	l.open++
	return &handle{log: l}, nil
}

// begin waits while op is held, and returns the error with which it is to fail.
//
//go:norace
func (l *Log) begin(op Op) error {
	for l.holds[op] {
		l.changed.Wait()
	}
	if reason := l.fails[op]; reason != "" {
		l.fails[op] = ""
		return errors.New(reason) // made here: nothing orders the check's own errors before the handler
	}
	return nil
}

// Bytes returns what was written so far.
//
//go:norace
func (l *Log) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	data := make([]byte, len(l.data))
	norace.Copy(data, l.data)
	return data
}

// Opened returns how many times the log is open now.
//
//go:norace
func (l *Log) Opened() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// Outcomes returns how many times the log was opened, written and closed without an error, and how many times with one. What is open counts for neither,
// unless it has failed.
//
//go:norace
func (l *Log) Outcomes() (kept, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept, l.lost
}

// Held tells whether any operation is.
//
//go:norace
func (l *Log) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holds != [ops]bool{}
}

// Fail makes the next operation of this kind fail, with reason as its error. A Write that fails writes nothing, or half for Short; what a Close
// that fails had open is closed all the same, as it is with an *os.File.
//
//go:norace
func (l *Log) Fail(op Op, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails[op] = reason
}

// Hold makes operations of this kind wait for [Log.Release]. A Close that waits has closed.
//
//go:norace
func (l *Log) Hold(op Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holds[op] = true
}

// Release lets all go on that is held.
//
//go:norace
func (l *Log) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holds = [ops]bool{}
	l.changed.Broadcast()
}

// A handle is the log, opened once.
type handle struct {
	log    *Log
	closed bool // guarded by log.mu
	failed bool // guarded by log.mu
}

// fails counts the handle as one with which something went wrong. The caller holds the lock.
//
//go:norace
func (h *handle) fails() {
	if !h.failed {
		h.failed = true
		h.log.lost++
	}
}

var errFull = errors.New("no space left: the check's log in memory is full")

//go:norace
func (h *handle) Write(p []byte) (int, error) {
	norace.Reads(p)
	l := h.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.closed {
		return 0, &fs.PathError{Op: "write", Path: "all_received", Err: os.ErrClosed}
	}
	if err := l.begin(Write); err != nil {
		h.fails()
		return 0, err
	}
	short := l.begin(Short)
	if short != nil {
		h.fails()
		p = p[:len(p)/2]
	}
	size := len(l.data)
	if size+len(p) > maxLog {
		h.fails()
		return 0, errFull
	}
	if size+len(p) > cap(l.data) {
		larger := make([]byte, size, max(size+len(p), 2*cap(l.data)))
		norace.Copy(larger, l.data)
		l.data = larger
	}
	l.data = l.data[:size+len(p)]
	norace.Copy(l.data[size:], p)
	return len(p), short
}

//go:norace
func (h *handle) Close() error {
	l := h.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.closed {
		return &fs.PathError{Op: "close", Path: "all_received", Err: os.ErrClosed}
	}
	h.closed = true
	l.open--
	err := l.begin(Close)
	switch {
	case err != nil:
		h.fails()
	case !h.failed:
		l.kept++
	}
	return err
}
