package main

import (
	"errors"
	"fmt"
	gobuild "go/build"
	"io/fs"
	"runtime"
	"strings"

	"lockstep/harness/outside"
)

// outside prints what plain runs find of others' bugs, and what the engine does.
func (c *verifyCmd) outside(s *session) error {
	builder, err := s.graded()
	if err != nil {
		return err
	}
	if builder.Steer == nil {
		return fmt.Errorf("no schedule can decide here, so there is nothing to measure: %s", s.unsteered)
	}
	fmt.Fprintf(s.stdout, "| bug (%s, GOMAXPROCS=%d) | class | plain, of %d | graded | what there is to see |\n| --- | --- | --- | --- | --- |\n",
		runtime.Version(), runtime.GOMAXPROCS(0), c.times)
	m := &outside.Measure{Builder: builder, Runs: c.times, Only: c.Only}
	var all []outside.Result
	err = m.Take(s.ctx, gobuild.Default.GOROOT, func(r outside.Result) {
		all = append(all, r)
		fmt.Fprintf(s.stdout, "| %s | %s | %d | %s | %s |\n", r.Name, r.Class, r.Plain, graded(r), r.What)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("this installation of Go has no kernels of bugs: %w; install Go as on https://go.dev/doc/install", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "\n| class | bugs | plain: in each run | in some | in none | mean of a run | graded | %s | %s | %s | schedules |\n|%s\n",
		outside.Plainly, outside.OneSwitch, outside.ByLot, strings.Repeat(" --- |", 11))
	for _, t := range outside.Totals(all, c.times) {
		fmt.Fprintf(s.stdout, "| %s | %d | %d | %d | %d | %.1f | %d | %d | %d | %d | %d |\n", t.Class, t.Bugs, t.Always, t.Some, t.None, float64(t.Plain)/float64(c.times),
			t.Bugs-t.Graded[""], t.Graded[outside.Plainly], t.Graded[outside.OneSwitch], t.Graded[outside.ByLot], t.Tried)
	}
	return nil
}

// graded says under which schedule a bug was found, or how many were tried.
func graded(r outside.Result) string {
	switch {
	case r.How != "":
		return fmt.Sprintf("schedule %d, %s", r.Tried, r.How)
	case r.Complete:
		return fmt.Sprintf("not in %d, all with one switch among them", r.Tried)
	}
	return fmt.Sprintf("not in %d", r.Tried)
}
