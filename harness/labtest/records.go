package labtest

import (
	"log/slog"

	"lockstep/harness/norace"
)

// Records are what a server logs for people. The race detector does not see that its handlers write
// them to the same place.
type Records struct{ log *Log }

// NewRecords returns records of which there are none yet.
func NewRecords() *Records { return &Records{log: &Log{data: make([]byte, 0, 1<<20)}} }

// Logger is for the server's field Log.
func (r *Records) Logger() *slog.Logger {
	return slog.New(norace.NewLogHandler(&handle{log: r.log}))
}

// Text is what was logged so far, a line for each record: its message, then its attributes.
func (r *Records) Text() string { return string(r.log.Bytes()) }
