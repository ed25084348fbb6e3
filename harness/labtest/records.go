package labtest

import (
	"errors"
	"log/slog"

	"lockstep/harness/norace"
)

// Records are what a server logs for people. The race detector does not see that its handlers write
// them to the same place.
type Records struct {
	mu   norace.Mutex
	data []byte // guarded by mu, in functions that the race detector passes over; never longer than most
}

// most is how many bytes of records there may be.
const most = 1 << 20

// NewRecords returns records of which there are none yet.
func NewRecords() *Records { return &Records{} }

// Logger is for the server's field Log.
func (r *Records) Logger() *slog.Logger {
	return slog.New(norace.NewLogHandler((*writer)(r)))
}

// Text is what was logged so far, a line for each record: its message, then its attributes.
func (r *Records) Text() string { return string(r.bytes()) }

//go:norace
func (r *Records) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	data := make([]byte, len(r.data))
	norace.Copy(data, r.data)
	return data
}

// A writer is Records for those who write them.
type writer Records

var errFull = errors.New("the check's records are full")

//go:norace
func (w *writer) Write(p []byte) (int, error) {
	norace.Reads(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.data)+len(p) > most {
		return 0, errFull
	}
	w.data = norace.Append(w.data, p)
	return len(p), nil
}
