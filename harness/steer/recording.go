package steer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unsafe"
)

// What the runtime writes has this layout (zlockstep_steer.go).
type log struct {
	head   [256]byte // the schedule, as JSON, as far as it fits without its switches
	nlog   uint64
	ntaken uint64
	steps  uint64
	flags  uint64
	_      [28]uint64
	taken  [maxTaken]Switch
	events [maxLog]Event
}

const (
	maxTaken = 1 << 13
	maxLog   = 1 << 17
)

// An Event is one thing that happened in a run. At a point, Nth is which one of the goroutine's it is, and Others how many others could have run.
type Event struct {
	Goroutine, Nth uint32
	Kind           Kind
	Others         uint32
	A, B           uint64
}

// Flags tell what was not as it should be.
type Flags uint64

const (
	Socket Flags = 1 << iota // somebody waited for a socket, or something else that the system tells of
	Stuck                    // a system call kept the processor for two seconds
	Crowd                    // there were more goroutines than can be told apart
	Full                     // the recording was too short for the run
)

// String says what it was.
func (f Flags) String() string {
	var all []string
	for flag, words := range map[Flags]string{Socket: "it waited for a socket", Stuck: "a system call took long", Crowd: "there were too many goroutines", Full: "it was long"} {
		if f&flag != 0 {
			all = append(all, words)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// A Recording is where a run is written. It is for one run at a time.
type Recording struct {
	log  *log
	save func() error // writes it to its file; nil if it has none, or is in it already
}

// NewRecording returns a recording in memory.
func NewRecording() *Recording { return &Recording{log: new(log)} }

// Save writes the recording to its file, if it was opened from one.
func (r *Recording) Save() error {
	if r.save == nil {
		return nil
	}
	return r.save()
}

// Run is a copy of what was recorded.
func (r *Recording) Run() Run {
	l := r.log
	return Run{Events: append([]Event(nil), l.events[:l.nlog]...), Taken: append([]Switch(nil), l.taken[:l.ntaken]...), Steps: l.steps, Flags: Flags(l.flags)}
}

// A Run is what happened under a schedule.
type Run struct {
	Seed   uint64
	Small  bool     // it was that of the small form
	Taken  []Switch // where it differs from the plain schedule
	Events []Event
	Steps  uint64
	Flags  Flags
}

// Schedule is the one under which the same happens again.
func (r Run) Schedule() Schedule { return Schedule{Seed: r.Seed, Small: r.Small, Switches: r.Taken} }

// Read reads what a process has left of its last run, as text of which nothing is to be believed but its form.
func Read(from io.Reader) (Run, error) {
	l := new(log)
	data := unsafe.Slice((*byte)(unsafe.Pointer(l)), unsafe.Sizeof(*l))
	if _, err := io.ReadFull(from, data); err != nil {
		return Run{}, fmt.Errorf("the recording of a run: %w", err)
	}
	if l.nlog > maxLog || l.ntaken > maxTaken {
		return Run{}, errors.New("the recording of a run has lengths that it cannot have")
	}
	var s Schedule
	end := 0
	for end < len(l.head) && l.head[end] != 0 {
		end++
	}
	if end == 0 {
		return Run{}, errors.New("no run was recorded")
	}
	if err := json.Unmarshal(l.head[:end], &s); err != nil {
		return Run{}, fmt.Errorf("the recording of a run: %w", err)
	}
	r := (&Recording{log: l}).Run()
	r.Seed, r.Small = s.Seed, s.Small
	return r, nil
}

// Size is how long a recording is, in bytes.
const Size = int64(unsafe.Sizeof(log{}))
