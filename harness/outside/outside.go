// Package outside, of the grader, measures the engine on bugs that it was not made for: the kernels of real ones that Go brings along for the test of its own
// leak detector (GoBench: Yuan and others, CGO 2021), and the patterns of data races that Uber has published.
//
//	m := &outside.Measure{Builder: b, Runs: 10}
//	err := m.Take(ctx, goroot, func(r outside.Result) { ... })
//
// Each bug is run in two ways: as it comes with plain go build -race, and as it is built for grading, under schedules. Both look for the same, in the same
// way, so that nothing but the schedule differs: a report of the race detector, a crash, or a goroutine that is left behind, of those that Go's own test
// knows. Nothing of Go's is copied into the kit; the kernels are read where Go is installed.
package outside

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/build"
)

// A Measure runs each bug.
type Measure struct {
	Builder *build.Builder // of what is graded, and steered
	Runs    int            // how often as it comes
	Only    []string       // these bugs only; all if it is empty
}

// A Result is what was found of a bug.
type Result struct {
	Bug
	Plain    int    // of the plain runs so many
	Tried    int    // schedules; the last one is that under which it was found
	Complete bool   // all with at most one switch are among them
	How      string // it was found; "" if it was not
	What     string // there was to see
}

// Under which schedule a bug was found.
const (
	Plainly   = "the plain schedule"
	OneSwitch = "one switch"
	ByLot     = "by lot"
)

// program is where the program is that runs a bug, below the root.
var program = filepath.Join("harness", "outside", "testdata", "program")

// Take tells of each bug as soon as it is known, in order, of one at a time.
func (m *Measure) Take(ctx context.Context, goroot string, tell func(Result)) error {
	bugs, files, err := Bugs(goroot, m.Builder.Root)
	if err != nil {
		return err
	}
	if bugs, err = m.wanted(bugs); err != nil {
		return err
	}
	plain, err := (&build.Builder{Root: m.Builder.Root, Dir: m.Builder.Dir}).Own(ctx, program, files)
	if err != nil {
		return err
	}
	graded, err := m.Builder.Own(ctx, program, files)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	var mu sync.Mutex // guards known and told
	known, told := make([]*Result, len(bugs)), 0
	for i, b := range bugs {
		group.Go(func() error {
			r, err := m.take(ctx, plain, graded, b)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for known[i] = &r; told < len(known) && known[told] != nil; told++ {
				tell(*known[told])
			}
			return nil
		})
	}
	return group.Wait()
}

func (m *Measure) wanted(bugs []Bug) (some []Bug, err error) {
	if len(m.Only) == 0 {
		return bugs, nil
	}
	for _, name := range m.Only {
		i := slices.IndexFunc(bugs, func(b Bug) bool { return b.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no bug %q", name)
		}
		some = append(some, bugs[i])
	}
	return some, nil
}

func (m *Measure) take(ctx context.Context, plain, graded string, b Bug) (Result, error) {
	r := Result{Bug: b}
	for range m.Runs {
		what, err := m.run(ctx, plain, b)
		if err != nil {
			return r, err
		}
		if what != "" {
			r.Plain++
		}
	}
	return r, m.explore(ctx, graded, &r)
}
