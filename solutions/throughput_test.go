package solutions_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lockstep/harness/build"
	"lockstep/harness/collect"
	"lockstep/harness/grade"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/needs"
	"lockstep/harness/sandbox"
	"lockstep/harness/startenv"
)

// How many times faster a class is graded than by the plain loop: for each submission, copy its files over the
// stub of a copy of the kit, and go test -race, one after the other. The loop runs each check once, in one
// process, under one schedule.
//
//	go test ./solutions -run '^$' -bench Throughput -benchtime 1x -class 40 -timeout 2h
//
// A row each is printed for the loop, its go test -c alone, the grading, and its builds alone: seconds on the clock, and of
// processors. The class is a different one for each row as far as the build cache can tell.
func BenchmarkThroughput(b *testing.B) {
	all := benchLabs(b)
	l := newLoop(b, all)
	var confined *sandbox.Sandbox // WITHOUT_SANDBOX measures without
	if os.Getenv("WITHOUT_SANDBOX") == "" {
		confined = needs.Sandbox(b)
	}
	builder, _, err := build.Graded(all[0].Root, b.TempDir())
	require.NoError(b, err)
	builder.Sandbox = confined
	g := &grade.Grader{
		Builder: builder,
		Judge:   &judge.Judge{Dir: b.TempDir(), Sandbox: confined},
	}
	// Everything but the submissions is in the build cache, for both.
	l.run(b, references(b, all), "-c", "-o", os.DevNull)
	builds(b, g, references(b, all))

	for b.Loop() {
		loop := measure(func() { l.run(b, class(b, all, "loop"), "-count=1") })
		compile := measure(func() { l.run(b, class(b, all, "loop, compiled"), "-c", "-o", filepath.Join(l.root, "lab.test")) })
		graded := measure(func() {
			_, err := g.All(b.Context(), class(b, all, "graded"))
			require.NoError(b, err)
		})
		built := measure(func() { builds(b, g, class(b, all, "built")) })

		b.Logf("%d submissions, %s, %d processors", *classSize, runtime.Version(), runtime.GOMAXPROCS(0))
		for _, row := range []struct {
			what string
			cost
		}{{"the plain loop", loop}, {"go test -c alone", compile}, {"grade", graded}, {"its builds alone", built}} {
			b.Logf("%-18s %7.1f s  %7.1f s of processors  %5.1f submissions a minute", row.what, row.clock.Seconds(), row.cpu.Seconds(), float64(*classSize)/row.clock.Minutes())
		}
		b.Logf("grade has %.2f times the throughput of the loop", loop.clock.Seconds()/graded.clock.Seconds())
		b.ReportMetric(loop.clock.Seconds()/graded.clock.Seconds(), "times-the-loop")
		b.ReportMetric(graded.clock.Seconds()/float64(*classSize), "s/submission")
		b.ReportMetric(0, "ns/op")
	}
}

// A cost is what something took.
type cost struct{ clock, cpu time.Duration }

// measure takes the time of f, and that of all processes which have ended in it.
func measure(f func()) cost {
	start, used := time.Now(), processors()
	f()
	return cost{time.Since(start), processors() - used}
}

// class generates a class and collects it.
func class(b *testing.B, labs []*lab.Lab, mark string) []collect.Submission {
	b.Helper()
	dir := b.TempDir()
	generate(b, labs, dir, *classSize, *classSeed, mark)
	found, err := collect.Dir(dir, labs)
	require.NoError(b, err)
	require.Len(b, found.Submissions, *classSize)
	return found.Submissions
}

// references is a submission to each lab.
func references(b *testing.B, labs []*lab.Lab) []collect.Submission {
	b.Helper()
	var all []collect.Submission
	for _, l := range labs {
		text, err := os.ReadFile(filepath.Join(l.Root, l.SolutionDir(), l.Files[0]))
		require.NoError(b, err)
		all = append(all, collect.Submission{Lab: l, Files: []lab.File{{Name: l.Files[0], Data: text}}})
	}
	return all
}

// builds builds submissions as grade does, and nothing else.
func builds(b *testing.B, g *grade.Grader, submissions []collect.Submission) {
	b.Helper()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, s := range submissions {
		group.Go(func() error { return buildOne(ctx, g, s) })
	}
	require.NoError(b, group.Wait())
}

func buildOne(ctx context.Context, g *grade.Grader, s collect.Submission) error {
	bin, err := g.Builder.TestFiles(ctx, s.Lab, s.Files)
	if err != nil {
		return err
	}
	return os.RemoveAll(filepath.Dir(bin.Path))
}

// A loop is the plain loop.
type loop struct{ root string } // a copy of the kit

func newLoop(b *testing.B, labs []*lab.Lab) *loop {
	b.Helper()
	l := &loop{b.TempDir()}
	for _, name := range []string{"harness", "labs", "scripts"} {
		require.NoError(b, os.CopyFS(filepath.Join(l.root, name), os.DirFS(filepath.Join(labs[0].Root, name))))
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(labs[0].Root, name))
		require.NoError(b, err)
		require.NoError(b, os.WriteFile(filepath.Join(l.root, name), text, 0o644))
	}
	return l
}

// run runs go test -race for one submission after another. Those that fail are part of a class.
func (l *loop) run(b *testing.B, submissions []collect.Submission, args ...string) {
	b.Helper()
	for _, s := range submissions {
		for _, f := range s.Files {
			require.NoError(b, os.WriteFile(filepath.Join(l.root, s.Lab.Dir(), f.Name), f.Data, 0o644))
		}
		cmd := exec.CommandContext(b.Context(), "go", append(append([]string{"test", "-race"}, args...), "./"+s.Lab.Dir())...)
		cmd.Dir, cmd.Env = l.root, append(os.Environ(), startenv.Ungraded.With("1")) // which a loop would not have either
		out, err := cmd.CombinedOutput()
		if _, failed := err.(*exec.ExitError); !failed || args[0] == "-c" {
			require.NoError(b, err, "%s", out)
		}
	}
}

func benchLabs(b *testing.B) []*lab.Lab {
	b.Helper()
	root, err := lab.Root(".")
	require.NoError(b, err)
	all, err := lab.All(root)
	require.NoError(b, err)
	return all
}
