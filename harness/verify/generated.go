package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/answers"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
)

// A Generated is what the stories of a lab alone find in an answer, with its other checks switched off.
type Generated struct {
	Answer  string
	Right   bool          // so that whatever is found is a false alarm
	Bonus   bool          // it breaks a rule that only bonus checks are about
	Verdict judge.Verdict // of the first run
	Found   int           // in so many runs
	Runs    int           // of so many
	Tried   int           // stories, until it was found, or in all
}

// Generated plays a lab's stories with each right answer and each mistake. It tells of each as soon as it is known, of one at a time.
func (p *Verifier) Generated(ctx context.Context, l *lab.Lab, tell func(Generated)) error {
	i := slices.IndexFunc(l.Checks, func(c lab.Check) bool { return c.Stories > 0 })
	if i < 0 {
		return fmt.Errorf("lab %s plays no stories", l.ID)
	}
	check := l.Checks[i]
	all, err := known(l)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	var mu sync.Mutex // of who tells
	play := func(g Generated, files []lab.File) {
		if !p.wants(g.Answer) || files == nil {
			return
		}
		group.Go(func() error {
			bin, err := p.Builder.TestFiles(ctx, l, files)
			if err != nil {
				return fmt.Errorf("%s: %w", g.Answer, err)
			}
			defer os.RemoveAll(filepath.Dir(bin.Path))
			for run := range p.Runs {
				judge := *p.Judge
				judge.Round, judge.Brief = uint64(run), true
				v, err := judge.Run(ctx, bin, check)
				if err != nil {
					return err
				}
				if g.Runs++; run == 0 {
					g.Verdict, g.Tried = v, v.Explored.Tried
				}
				if !v.Passed() {
					g.Found++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			tell(g)
			return nil
		})
	}
	for _, a := range all.right {
		play(Generated{Answer: a.Name, Right: true}, a.Files)
	}
	for _, m := range all.mistakes {
		play(Generated{Answer: m.Name, Bonus: onlyBonus(l, m)}, m.Files)
	}
	return group.Wait()
}

// onlyBonus tells whether all checks that catch a mistake are bonus.
func onlyBonus(l *lab.Lab, m answers.Mistake) bool {
	return !slices.ContainsFunc(m.Checks, func(name string) bool {
		c, ok := l.Check(name)
		return !ok || !c.Bonus
	})
}
