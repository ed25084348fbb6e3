package labtest

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/metrics"
	"testing"
	"time"

	"lockstep/harness/memnet"
	"lockstep/harness/startenv"
	"lockstep/harness/steer"
	"lockstep/harness/verdict"
)

// schedules are those under which the judge wants the check to run, one after the other, in this process.
var schedules exploration

type exploration struct {
	explorer  steer.Explorer
	recording *steer.Recording
	wanted    bool           // there are any
	next      steer.Schedule // for the next run
	again     bool           // there was one before
	over      bool           // there is none any more
	broken    bool           // the check has failed, as the recording says
	left      bool           // there are more, for another process
	runs      int            // in this one
	began     time.Duration  // by the real clock
}

// begin reads what the judge wants.
func (e *exploration) begin() {
	if e.wanted = startenv.Schedule.Set(); !e.wanted {
		return
	}
	plan, err := steer.ParsePlan(startenv.Plan())
	if err == nil && startenv.Recording.Set() {
		e.recording, err = steer.Open(startenv.Recording.Value())
	}
	if err == nil && !steer.Built {
		err = steer.ErrNotBuilt
	}
	if err != nil {
		fmt.Fprintln(startenv.Stderr(), "lockstep: the check cannot be run under a schedule:", err)
		os.Exit(3)
	}
	if e.recording == nil {
		e.recording = steer.NewRecording()
	}
	e.explorer.Plan, e.began = plan, steer.Real()
	e.next, _ = e.explorer.Next(steer.Run{})
}

// start begins the next schedule. The calling goroutine is the check's.
func (e *exploration) start(t *testing.T) {
	t.Helper()
	if !e.wanted {
		return
	}
	if e.explorer.Plan.Only == nil { // who has named it knows it
		text, err := json.Marshal(e.next)
		if err != nil {
			t.Fatal("lockstep: ", err)
		}
		verdict.Try(t.Name(), string(text))
	}
	memnet.Renumber() // of before there were any
	if err := steer.Begin(e.next, e.recording); err != nil {
		t.Fatal("lockstep: ", err)
	}
}

// Size is how many of something a check should have: full, or small in its small form, under which all schedules with one switch are
// tried. In its full form these would be too many.
func Size(full, small int) int {
	if schedules.wanted && schedules.next.Small {
		return small
	}
	return full
}

// unsteered requires that no schedule decides: there is something in the check that the kit's scheduler does not see.
func unsteered(t *testing.T, what string) {
	t.Helper()
	if steer.On() {
		t.Fatalf("lockstep: no schedule can decide what happens in a check with %s: take singles and random out of its entry in lab.toml", what)
	}
}

// broke notes in the recording that the check has failed by now.
func broke() {
	if !schedules.broken && steer.On() {
		schedules.broken = true
		steer.Mark(steer.Broke, 0, 0)
	}
}

// end ends the schedule, and tells whether there is another one to try.
func (e *exploration) end(passed bool) bool {
	if !steer.On() {
		return false
	}
	steer.End()
	if err := e.recording.Save(); err != nil {
		fmt.Fprintln(startenv.Stderr(), "lockstep: the run was not recorded:", err)
	}
	if !passed {
		if f := e.recording.Run().Flags; f&(steer.Socket|steer.Crowd) != 0 {
			fmt.Fprintf(startenv.Stdout(), "note: this run may not go the same way again (%s)\n", f)
		}
		return false
	}
	e.explorer.Bytes = memnet.Renumber()
	schedule, ok := e.explorer.Next(e.recording.Run())
	if !ok {
		e.over = true
		return false
	}
	if e.runs++; e.runs > 1 && (inUse() > enough || steer.Real()-e.began > long) { // the first one is the plain one, every time
		e.over, e.left = true, true
		return false
	}
	e.next, e.again = schedule, true
	return true
}

// enough is how many bytes a process may have in use when it goes on: under schedules nothing is collected.
const enough = 128 << 20

// long is how long one process may be at it, of the minute that it has on the judge's clock: on a busy machine the rest is for others.
const long = 10 * time.Second

func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// more tells whether the check is to be run again.
func (e *exploration) more() bool { return e.wanted && !e.over }

func (e *exploration) explored() (x verdict.Explored) {
	if !e.wanted {
		return x
	}
	x.Tried, x.Complete = e.explorer.Tried()
	if x.Left = e.left; x.Left { // one has been handed out that was not run
		x.Tried, x.Complete = x.Tried-1, false
	}
	return x
}
