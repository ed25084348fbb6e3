package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/answers"
	"lockstep/harness/lab"
	"lockstep/harness/trace"
)

// A Replay is how often the run in which a check caught a mistake went the same way again.
type Replay struct {
	Mistake  string
	Check    string
	Switches int
	Steps    int      // of the trace
	Same     int      // runs
	Runs     int      // of so many
	Wrong    []string // what did not go the same way, a line each
}

// Replays records, for each mistake of a lab that a check under schedules catches, the run in which it does, and runs it again Runs times. It tells of
// each as soon as it is known, of one at a time.
func (p *Verifier) Replays(ctx context.Context, l *lab.Lab, tell func(Replay)) error {
	mistakes, err := answers.Mistakes(l)
	if err != nil {
		return err
	}
	kit, err := lab.Sum(l.Root)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	var mu sync.Mutex // of who tells
	for _, m := range mistakes {
		check, _ := l.Check(m.Checks[0])
		if !p.wants(m.Name) || check.Singles+check.Random+check.Stories == 0 {
			continue
		}
		group.Go(func() error {
			r, err := p.replay(ctx, l, m, check, kit)
			if err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			tell(r)
			return nil
		})
	}
	return group.Wait()
}

func (p *Verifier) replay(ctx context.Context, l *lab.Lab, m answers.Mistake, check lab.Check, kit string) (Replay, error) {
	r := Replay{Mistake: m.Name, Check: check.Name, Runs: p.Runs}
	bin, err := p.Builder.TestFiles(ctx, l, m.Files)
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(filepath.Dir(bin.Path))
	found, err := p.Judge.Run(ctx, bin, check)
	if err != nil {
		return r, err
	}
	t, err := trace.Of(bin, found, kit)
	if err != nil {
		return r, err
	}
	if t == nil {
		r.Wrong = append(r.Wrong, fmt.Sprintf("%s, and no run is recorded", found.Status))
		return r, nil
	}
	r.Switches, r.Steps = len(t.Replay.Schedule.Switches), len(t.Runs[0].Steps)
	if bin, err = p.Builder.TestFiles(ctx, l, t.Submission()); err != nil { // in another folder, and from nothing but the trace
		return r, err
	}
	defer os.RemoveAll(filepath.Dir(bin.Path))
	for range p.Runs {
		again, err := p.Judge.Replay(ctx, bin, check, t.Replay.Schedule)
		if err != nil {
			return r, err
		}
		wrong, err := t.Differs(again)
		switch {
		case err != nil:
			return r, err
		case wrong != "":
			r.Wrong = append(r.Wrong, wrong)
		default:
			r.Same++
		}
	}
	return r, nil
}
