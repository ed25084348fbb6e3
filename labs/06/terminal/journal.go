package terminal

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"lockstep/harness/norace"
)

// A Kind says what a program has called.
type Kind uint8

// What a program can call.
const (
	Types  Kind = iota // Read of in
	Hears              // Read of conn
	Sends              // Write to conn
	Prints             // Write to out
)

// An Outcome says how a call has ended.
type Outcome uint8

// How calls end.
const (
	Waits   Outcome = iota // it has not ended
	Fine                   // without an error
	Ended                  // io.EOF
	Closed                 // the program itself has closed conn
	TooLate                // the program itself has set a deadline
	Failed                 // with another error
)

// A Call is one that a program has made.
type Call struct {
	Kind    Kind
	Began   time.Duration // since the program's start
	Ended   time.Duration // if the outcome is not Waits
	Outcome Outcome
	Data    []byte // what was read, or was to be written
	Done    int    // how much of it was
	Late    bool   // it began when the program had returned
	After   bool   // it ended then
}

// A Return is how a program has returned.
type Return struct {
	At     time.Duration // since its start
	Closed bool          // its connection was closed
	Busy   bool          // a Write was under way
}

// A journal keeps what a program did, in that order, with no order that the race detector could see.
type journal struct {
	start time.Time

	mu norace.Mutex

	// guarded by mu, in functions that the race detector passes over
	calls []entry
	n     int // of calls
	data  []byte
	size  int // of data
	back  bool
	how   Return
}

// An entry is a call with its data still in the journal.
type entry struct {
	Call
	from, to int
}

func newJournal() *journal {
	return &journal{start: time.Now(), calls: make([]entry, 256), data: make([]byte, 16<<10)}
}

// begin notes that a call begins, which is to write data, and returns its number.
//
//go:norace
func (j *journal) begin(k Kind, data []byte) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.n == len(j.calls) {
		more := make([]entry, 2*j.n)
		//lint:ignore S1001 copy would tell the race detector
		for i, e := range j.calls {
			more[i] = e
		}
		j.calls = more
	}
	e := entry{Call: Call{Kind: k, Began: time.Since(j.start), Late: j.back}}
	e.from, e.to = j.keep(data)
	j.calls[j.n] = e
	j.n++
	return j.n - 1
}

// end notes that a call has ended. data is what it has read.
//
//go:norace
func (j *journal) end(i int, data []byte, done int, how Outcome) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := &j.calls[i]
	e.Ended, e.Done, e.Outcome, e.After = time.Since(j.start), done, how, j.back
	if data != nil {
		e.from, e.to = j.keep(data)
	}
}

// keep copies data. The caller holds the mutex.
//
//go:norace
func (j *journal) keep(data []byte) (from, to int) {
	if j.size+len(data) > len(j.data) {
		more := make([]byte, 2*len(j.data)+len(data))
		norace.Copy(more, j.data[:j.size])
		j.data = more
	}
	norace.Copy(j.data[j.size:], data)
	from = j.size
	j.size += len(data)
	return from, j.size
}

// returned notes that the program has.
//
//go:norace
func (j *journal) returned(closed bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.back, j.how = true, Return{At: time.Since(j.start), Closed: closed}
	for i := range j.calls[:j.n] {
		if e := &j.calls[i]; e.Outcome == Waits && (e.Kind == Sends || e.Kind == Prints) {
			j.how.Busy = true
		}
	}
}

// read returns all calls, and how the program has returned, if it has.
//
//go:norace
func (j *journal) read() (calls []Call, how Return, back bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	calls = make([]Call, j.n)
	for i := range calls {
		e := j.calls[i]
		calls[i] = e.Call
		calls[i].Data = make([]byte, e.to-e.from)
		norace.Copy(calls[i].Data, j.data[e.from:e.to])
	}
	return calls, j.how, j.back
}

// outcome says how a call ended that returned err.
func outcome(err error) Outcome {
	switch {
	case err == nil:
		return Fine
	case errors.Is(err, io.EOF):
		return Ended
	case errors.Is(err, net.ErrClosed):
		return Closed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return TooLate
	}
	return Failed
}
