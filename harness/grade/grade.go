// Package grade, of the grader, grades submissions: it gates, builds and judges each, several at a time, and keeps
// what it has finished.
//
//	g := &grade.Grader{Builder: b, Judge: j, Cache: filepath.Join(out, "finished")}
//	all, err := g.All(ctx, submissions)
//
// A result is kept under a name made of everything that it depends on: the student's files, the
// checks, the kit, the version of Go, the sandbox. So whoever is interrupted, by Ctrl-C or by the power cut, starts
// again and goes on; and whoever grades a class again grades only what has changed.
package grade

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/gate"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/results"
)

// A Grader grades. Set the fields before All.
type Grader struct {
	Builder *build.Builder // one that perturbs
	Judge   *judge.Judge
	Traces  string // the folder of the runs in which checks failed (package trace), made if it is not there; "" writes none
	Cache   string // the folder of finished results, made if it is not there; "" keeps nothing
	workers int    // submissions at a time; 0 means two for each processor of this process, which a container limits

	ungated bool // leave out the gate, to see what the rest is good for

	warm sync.Map // a func() error for each lab

	// OnResult gets each result as soon as it is there, and whether it was kept from before. It is called
	// by one goroutine at a time; it may be nil.
	OnResult func(s results.SubmissionResult, kept bool)
}

// All grades the submissions and returns their results in the same order. Whatever is wrong with one of
// them, or with this machine while it was graded, is in its own result. An error means that nothing can be
// graded, or that ctx is done; the results that there are by then are kept.
func (g *Grader) All(ctx context.Context, submissions []collect.Submission) ([]results.SubmissionResult, error) {
	kit, err := lab.Sum(g.Builder.Root)
	if err != nil {
		return nil, err
	}
	if g.Cache != "" {
		if err := os.MkdirAll(g.Cache, 0o755); err != nil {
			return nil, err
		}
	}
	if g.Traces != "" {
		if err := os.MkdirAll(g.Traces, 0o755); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, s := range submissions {
		names = append(names, s.Student)
	}
	files := results.Files(names)
	all := make([]results.SubmissionResult, len(submissions))
	var mu sync.Mutex // for OnResult
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cmp.Or(g.workers, 2*runtime.GOMAXPROCS(0))) // who links, or waits, leaves a processor free
	for i, s := range submissions {
		group.Go(func() error {
			result, kept, err := g.one(ctx, kit, files[s.Student], s)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if all[i] = result; g.OnResult != nil {
				g.OnResult(result, kept)
			}
			return nil
		})
	}
	return all, group.Wait()
}

// one grades one submission, or finds its result.
func (g *Grader) one(ctx context.Context, kit, name string, s collect.Submission) (result results.SubmissionResult, kept bool, err error) {
	file := g.keptFile(kit, s)
	if result, ok := read(file, s); ok && g.keepTraces(result, name) {
		return result, true, nil
	}
	start := time.Now()
	result, err = g.grade(ctx, kit, name, s)
	if cause := context.Cause(ctx); cause != nil {
		return result, false, cause
	}
	if err != nil {
		result = results.Unjudged(s.Student, s.Lab, results.Infra, err.Error())
	}
	result.Seconds = time.Since(start).Seconds()
	if file != "" && result.Status != results.Infra {
		err = result.Write(file)
	} else {
		err = nil
	}
	return result, false, err
}

// grade decides. An error is trouble of our own.
func (g *Grader) grade(ctx context.Context, kit, name string, s collect.Submission) (results.SubmissionResult, error) {
	if findings := gate.Check(s.Lab, s.Files); len(findings) > 0 && !g.ungated {
		return results.Refused(s.Student, s.Lab, findings, 0), nil
	}
	if err := gate.Parse(s.Files); err != nil { // the gate has not seen what is in it
		bad := &build.CompileError{Output: err.Error()}
		return results.Unjudged(s.Student, s.Lab, results.NotCompiled, bad.Error()), nil
	}
	if err := g.warmUp(ctx, s.Lab); err != nil {
		return results.SubmissionResult{}, err
	}
	bin, err := g.Builder.TestFiles(ctx, s.Lab, s.Files)
	if bad, ok := errors.AsType[*build.CompileError](err); ok {
		return results.Unjudged(s.Student, s.Lab, results.NotCompiled, bad.Error()), nil
	}
	if missing, ok := errors.AsType[*build.MissingError](err); ok {
		return results.Unjudged(s.Student, s.Lab, results.NotCompiled, fmt.Sprintf("%s is not there; it is the file to edit", missing.File)), nil
	}
	if err != nil {
		return results.SubmissionResult{}, err
	}
	defer os.RemoveAll(filepath.Dir(bin.Path))
	verdicts, err := g.Judge.All(ctx, bin, s.Lab.Checks)
	if err != nil {
		return results.SubmissionResult{}, err
	}
	checks := make([]results.CheckResult, len(verdicts))
	for i, v := range verdicts {
		checks[i] = results.Of(v.Check, v.Status, v.Message, v.Explored)
		if err := g.writeTrace(&checks[i], bin, v, kit, name); err != nil {
			return results.SubmissionResult{}, err
		}
	}
	result := results.Judged(s.Student, s.Lab, checks)
	result.Detail = bin.Without
	return result, nil
}

// Confinement tells what submissions are confined by while they are graded.
func (g *Grader) Confinement() *results.Confinement {
	c := &results.Confinement{Name: g.Judge.Sandbox.String()}
	for _, l := range g.Judge.Sandbox.Limits() {
		c.Restrictions = append(c.Restrictions, results.Restriction(l))
	}
	return c
}

// warmUp has what submissions to a lab need compiled, once, before anything is built in a sandbox.
func (g *Grader) warmUp(ctx context.Context, l *lab.Lab) error {
	if g.Builder.Sandbox == nil {
		return nil
	}
	warm, _ := g.warm.LoadOrStore(l.ID, sync.OnceValue(func() error { return g.Builder.Warm(ctx, l, gate.Allowed(l)) }))
	return warm.(func() error)()
}
