package trace

import (
	"fmt"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/steer"
)

// Of makes a trace of the run under which a check failed; nil if no schedule decided it, or it did not fail. kit is a sum of the kit's files.
func Of(bin *build.Binary, v judge.Verdict, kit string) (*Trace, error) {
	if v.Passed() || v.Run == nil || !bin.Steered {
		return nil, nil
	}
	return New(Recorded{Lab: bin.Lab, Check: v.Check, Files: bin.Files, Run: *v.Run, Status: v.Status, Message: v.Message, Reports: v.Reports, Kit: kit, Story: v.Story})
}

// Differs says how another run of a trace's schedule differs from the recorded one; "" if it does not.
func (t *Trace) Differs(v judge.Verdict) (string, error) {
	var run steer.Run
	if v.Run != nil {
		run = *v.Run
	}
	d, err := t.Compare(run)
	switch {
	case err != nil:
		return "", err
	case d != nil && run.Flags != 0:
		return fmt.Sprintf("it parted %s (%s)", d, run.Flags), nil
	case d != nil:
		return "it parted " + d.String(), nil
	case v.Status != t.Replay.Status:
		return fmt.Sprintf("it went the same way, and ended %s instead of %s", v.Status, t.Replay.Status), nil
	}
	return "", nil
}
