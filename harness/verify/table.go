package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/lab"
	"lockstep/harness/startenv"
)

// A Row compares three graders on one variant: in how many of the runs each of them found fault.
type Row struct {
	Variant string
	Right   bool // so that whatever is found is a false alarm
	Plain   int  // go test -race on the same checks over TCP, with recorders that order like any other code
	Own     int  // the student's own go test -race
	Graded  int  // the check that the mistake names, or all checks for a right answer
}

// Table fills a row for each right answer and each mistake of a lab, and tells of them in order. The builder is one that
// perturbs.
func (p *Verifier) Table(ctx context.Context, l *lab.Lab, told func(Row)) error {
	right, err := answers.Right(l)
	if err != nil {
		return err
	}
	mistakes, err := answers.Mistakes(l)
	if err != nil {
		return err
	}
	variants, checks := right, make([][]lab.Check, len(right)) // to look at each of them by
	for i := range right {
		checks[i] = l.Checks
	}
	for _, m := range mistakes {
		var named []lab.Check
		for _, name := range m.Checks {
			check, ok := l.Check(name)
			if !ok {
				return fmt.Errorf("%s: lab %s has no check %s", m.Path, l.ID, name)
			}
			named = append(named, check)
		}
		variants, checks = append(variants, m.Answer), append(checks, named)
	}
	return inOrder(ctx, len(variants), processes()/p.Runs, func(ctx context.Context, i int) (Row, error) {
		row, err := p.compare(ctx, l, variants[i], checks[i])
		row.Variant, row.Right = variants[i].Name, i < len(right)
		return row, err
	}, told)
}

func (p *Verifier) compare(ctx context.Context, l *lab.Lab, a answers.Answer, checks []lab.Check) (Row, error) {
	var row Row
	asWritten, err := (&build.Builder{Root: p.Builder.Root, Dir: p.Builder.Dir}).TestFiles(ctx, l, a.Files)
	if err != nil {
		return row, fmt.Errorf("%s: %w", a.Name, err)
	}
	defer os.RemoveAll(filepath.Dir(asWritten.Path)) // there are hundreds
	perturbed, err := p.Builder.TestFiles(ctx, l, a.Files)
	if err != nil {
		return row, fmt.Errorf("%s: %w", a.Name, err)
	}
	defer os.RemoveAll(filepath.Dir(perturbed.Path))
	var mu sync.Mutex // guards row
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(processes())
	for run := range p.Runs {
		group.Go(func() error {
			plain, err := p.Judge.Suite(ctx, asWritten, startenv.Plain.With("1"))
			if err != nil {
				return err
			}
			own, err := p.Judge.Suite(ctx, asWritten)
			if err != nil {
				return err
			}
			graded := false
			judge := *p.Judge
			judge.Round = uint64(run)
			for _, check := range checks {
				v, err := judge.Run(ctx, perturbed, check)
				if err != nil {
					return err
				}
				graded = graded || !v.Passed()
			}
			mu.Lock()
			defer mu.Unlock()
			for n, found := range map[*int]bool{&row.Plain: plain, &row.Own: own, &row.Graded: graded} {
				if found {
					*n++
				}
			}
			return nil
		})
	}
	return row, group.Wait()
}
