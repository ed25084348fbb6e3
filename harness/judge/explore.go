package judge

import (
	"context"
	"os"
	"slices"
	"time"

	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/steer"
)

// How many steps the schedules of a check may take together. A step is some ten microseconds of a processor. It is no time, so that what
// is tried is the same on every machine.
const (
	budget = 40_000
	tales  = 250_000 // of stories
	whole  = 120_000 // if that is enough for all schedules with one switch, of a check that looks for what happens at once
	aside  = 20_000  // and of any other
)

// explore runs a check under one schedule after another, in one process, until it fails. A failure counts if the schedule alone makes it, in a process
// of its own: what one run has left in a variable of the package is not held against the next. Then it is told under as few switches as it takes.
func (j *Judge) explore(ctx context.Context, bin *build.Binary, check lab.Check) (Verdict, error) {
	plans := j.plans(check)
	found, err := each(plans, func(p steer.Plan) (Verdict, error) { return j.inFew(ctx, bin, check, p) })
	if err != nil || found.Passed() || found.trying == nil || !found.ended {
		return found, err
	}
	if len(found.trying.Switches) == 0 && found.trying.Odds == 0 && found.trying.Number == 0 { // nothing was run before it
		return found, nil
	}
	alone, err := j.Replay(ctx, bin, check, *found.trying)
	if err != nil {
		return Verdict{}, err
	}
	if alone.Passed() {
		alone, err = each(plans, func(p steer.Plan) (Verdict, error) { return j.apart(ctx, bin, check, p) })
	} else {
		alone.Explored = found.Explored
		if j.Brief {
			alone.took += found.took
			return alone, nil
		}
		if alone.Story != "" {
			alone, err = j.shorten(ctx, bin, alone, *found.trying)
		}
		if err == nil {
			alone, err = j.shrink(ctx, bin, alone)
		}
	}
	alone.took += found.took
	return alone, err
}

// Plan is what is tried of the full form of a check. In another round the schedules by lot are others.
func Plan(check lab.Check, round uint64) steer.Plan {
	plan := steer.Plan{Singles: check.Singles, Random: check.Random, First: int(round) * check.Random, Steps: budget, Whole: aside}
	if check.Singles > 0 {
		plan.Whole = whole
	}
	return plan
}

// plans are what is tried of a check: of its small form, if it has one, and of the full one.
func (j *Judge) plans(check lab.Check) []steer.Plan {
	if check.Stories > 0 {
		return []steer.Plan{{Stories: check.Stories, First: int(j.Round) * check.Stories, Steps: tales * max(j.Effort, 1)}}
	}
	full := Plan(check, j.Round)
	full.Steps *= max(j.Effort, 1)
	if !check.Small {
		return []steer.Plan{full}
	}
	small := full
	small.Small = true
	full.Singles, full.Whole = 0, 0 // these are tried in the small form
	return []steer.Plan{small, full}
}

// each tries one plan after another until the check fails. What is complete is so for the first.
func each(plans []steer.Plan, try func(steer.Plan) (Verdict, error)) (all Verdict, err error) {
	for i, plan := range plans {
		v, err := try(plan)
		if err != nil {
			return Verdict{}, err
		}
		if i > 0 {
			v.Explored.Complete = all.Explored.Complete
		}
		v.took += all.took
		v.Explored.Tried += all.Explored.Tried
		if all = v; !v.Passed() {
			break
		}
	}
	return all, nil
}

// inFew runs a check under the schedules of a plan in as few processes as the memory allows, until it fails.
func (j *Judge) inFew(ctx context.Context, bin *build.Binary, check lab.Check, plan steer.Plan) (Verdict, error) {
	var took time.Duration
	for {
		v, err := j.try(ctx, bin, check, 0, &plan)
		if err != nil {
			return v, err
		}
		took += v.took
		v.took = took
		if !v.Passed() || !v.Explored.Left || v.Explored.Tried <= plan.Skip {
			return v, nil
		}
		plan.Skip = v.Explored.Tried
	}
}

// mostAlone is how many schedules with one switch are tried with a process for each, where one process for all would leave something to the next; those by
// lot are as many as usual, so that nobody is looked at less closely who asks for it.
const mostAlone = 40

// apart runs a check under schedules of a plan, each in a process of its own, until it fails. Those by lot need no recording.
func (j *Judge) apart(ctx context.Context, bin *build.Binary, check lab.Check, plan steer.Plan) (v Verdict, err error) {
	plan.Singles, plan.Steps, plan.Whole, plan.Skip = min(plan.Singles, mostAlone), 0, 0, 0
	e := steer.Explorer{Plan: plan}
	var run steer.Run
	var took time.Duration
	for s, ok := e.Next(run); ok; s, ok = e.Next(run) {
		if v, err = j.Replay(ctx, bin, check, s); err != nil {
			return v, err
		}
		took += v.took
		if !v.Passed() {
			break
		}
		if run = (steer.Run{}); v.Run != nil {
			run = *v.Run
		}
	}
	v.took = took
	v.Explored.Tried, v.Explored.Complete = e.Tried()
	return v, nil
}

// How many runs it may take to leave out switches, and how many steps all of them together.
const (
	mostShrinking      = 30
	mostShrinkingSteps = 600_000
)

// shrink looks for a schedule with fewer switches under which the check fails in the same way. It first leaves out as many of the last ones as
// it can, and then whatever can be left out besides (ddmin: Zeller and Hildebrandt, 2002).
func (j *Judge) shrink(ctx context.Context, bin *build.Binary, v Verdict) (Verdict, error) {
	if v.Run == nil {
		return v, nil // there is nothing to go by
	}
	best, runs, steps := v, 0, uint64(0)
	var failed error
	without := func(switches []steer.Switch) bool {
		if runs++; runs > mostShrinking || steps > mostShrinkingSteps || failed != nil {
			return false
		}
		steps += best.Run.Steps
		again, err := j.Replay(ctx, bin, v.Check, steer.Schedule{Seed: best.Run.Seed, Small: best.Run.Small, Story: v.Story, Switches: switches})
		if err != nil {
			failed = err
			return false
		}
		if again.Status != v.Status || again.Run == nil || len(again.Run.Taken) >= len(best.Run.Taken) {
			return false
		}
		again.Explored, again.took = v.Explored, v.took
		best = again
		return true
	}
	for few, most := 0, len(best.Run.Taken); few < most; {
		if half := (few + most) / 2; without(slices.Clone(best.Run.Taken[:min(half, len(best.Run.Taken))])) {
			most = min(half, len(best.Run.Taken))
		} else {
			few = half + 1
		}
	}
	for size := len(best.Run.Taken) / 2; size > 0; size /= 2 {
		for from := 0; from < len(best.Run.Taken); {
			all := best.Run.Taken
			if !without(slices.Concat(all[:from], all[min(from+size, len(all)):])) {
				from += size
			}
		}
	}
	return best, failed
}

// blank makes a file for a recording.
func blank(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := f.Truncate(steer.Size); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// recorded reads what a process has left in the file; nil if that is no run. It is for explanations, and decides nothing.
func recorded(name string) *steer.Run {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	run, err := steer.Read(f)
	if err != nil {
		return nil // it never began, or has written into it
	}
	return &run
}

// Replay runs a check under one schedule. The binary is one that can be steered.
func (j *Judge) Replay(ctx context.Context, bin *build.Binary, check lab.Check, s steer.Schedule) (Verdict, error) {
	return j.try(ctx, bin, check, 0, &steer.Plan{Only: &s})
}
