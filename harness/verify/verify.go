// Package verify, of the grader, proves the checks of a lab: the reference passes them all, the stub passes none
// that it is not given, and each mistake in solutions/NN/mistakes fails the checks that it names, whose author is told what stands beside it.
//
//	p := &verify.Verifier{Builder: b, Judge: j, Runs: 50}
//	lines, err := p.Lab(ctx, l)
//
// It runs everything through the same path as a student's files.
package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/skeleton"
	"lockstep/harness/verdict"
)

// A Verifier builds every variant of a lab once, and runs it Runs times: first under the schedules that
// everybody is graded on, then under others.
type Verifier struct {
	Builder *build.Builder
	Judge   *judge.Judge
	Runs    int
	Only    []string   // the variants to run, by name: reference, stub, a style, a mistake; all if it is empty
	OnLine  func(Line) // each line as soon as it is known, in order; may be nil
	Record  bool       // write what is told of mistakes, see [answers.Mistake.Golden], instead of comparing it
}

// A Line is what became of one variant.
type Line struct {
	Variant string                 // catalogue, reference, stub, or the name of a style or a mistake
	What    string                 // is proved, in words
	Check   string                 // the check that has to catch it; "" where it is not about one
	Good    int                    // runs that went as they must
	Runs    int                    // of so many
	Wrong   []string               // what did not, a line each
	Seen    map[verdict.Status]int // how often the check ended how; for mistakes only
}

// OK tells whether every run went as it must.
func (l Line) OK() bool { return l.Good == l.Runs && len(l.Wrong) == 0 }

// Lab proves one lab. An error means that something of our own went wrong; what is wrong with the
// lab is in the lines.
func (p *Verifier) Lab(ctx context.Context, l *lab.Lab) ([]Line, error) {
	all, err := known(l)
	if err != nil {
		return nil, err
	}
	var lines []Line
	tell := func(line Line) {
		lines = append(lines, line)
		if p.OnLine != nil {
			p.OnLine(line)
		}
	}
	wanted := slices.DeleteFunc(slices.Clone(all.mistakes), func(m answers.Mistake) bool { return !p.wants(m.Name) || m.Files == nil })
	ctx, cancel := context.WithCancel(ctx)
	built, wait := p.build(ctx, l, p.variants(all, wanted))
	defer wait()
	defer cancel()
	reference, err := built(all.right[0].Name)
	if err != nil {
		return nil, err
	}
	catalogue, err := p.catalogue(ctx, reference, all)
	if err != nil {
		return nil, err
	}
	tell(catalogue)
	for i, answer := range all.right {
		if !p.wants(answer.Name) {
			continue
		}
		bin := reference
		if i > 0 {
			if bin, err = built(answer.Name); err != nil {
				return nil, err
			}
		}
		line, err := p.repeat(ctx, bin, answer.Name, l.Checks, unlessPassed)
		if err != nil {
			return nil, err
		}
		line.What = "all checks pass"
		tell(line)
	}
	if p.wants(all.stub.Name) {
		line, err := p.stub(ctx, l, built)
		if err != nil {
			return nil, err
		}
		tell(line)
	}
	err = p.mistakes(ctx, wanted, built, tell)
	return lines, err
}

// A bank is what is known of a lab.
type bank struct {
	right    []answers.Answer
	stub     answers.Answer
	mistakes []answers.Mistake
	stale    *answers.StaleError // which of them have no files
}

func known(l *lab.Lab) (b bank, err error) {
	if b.right, err = answers.Right(l); err != nil {
		return b, err
	}
	if b.stub, err = answers.Stub(l); err != nil {
		return b, err
	}
	if b.mistakes, err = answers.Mistakes(l); errors.As(err, &b.stale) {
		err = nil
	}
	return b, err
}

// variants are to be built, the reference first: it fills the build cache for the others.
func (p *Verifier) variants(all bank, wanted []answers.Mistake) []answers.Answer {
	variants := []answers.Answer{all.right[0]}
	for _, answer := range append(slices.Clone(all.right[1:]), all.stub) {
		if p.wants(answer.Name) {
			variants = append(variants, answer)
		}
	}
	for _, m := range wanted {
		variants = append(variants, m.Answer)
	}
	return variants
}

// mistakes proves several mistakes at a time, if each is run a few times only: most of what they do is wait. They are told in order.
func (p *Verifier) mistakes(ctx context.Context, wanted []answers.Mistake, built func(string) (*build.Binary, error), tell func(Line)) error {
	prove := func(ctx context.Context, i int) ([]Line, error) {
		bin, err := built(wanted[i].Name)
		if err != nil {
			return nil, err
		}
		return p.mistake(ctx, bin, wanted[i])
	}
	return inOrder(ctx, len(wanted), processes()/p.Runs, prove, func(caught []Line) {
		for _, line := range caught {
			tell(line)
		}
	})
}

// inOrder does n things, several at once, and tells of each in order, as soon as it and those before it are done.
func inOrder[T any](ctx context.Context, n, atOnce int, do func(ctx context.Context, i int) (T, error), tell func(T)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, atOnce))
	var mu sync.Mutex // guards done and told
	done, told := make([]*T, n), 0
	for i := range n {
		group.Go(func() error {
			result, err := do(ctx, i)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for done[i] = &result; told < n && done[told] != nil; told++ {
				tell(*done[told])
			}
			return nil
		})
	}
	return group.Wait()
}

// wants tells whether a variant is to be run.
func (p *Verifier) wants(name string) bool { return len(p.Only) == 0 || slices.Contains(p.Only, name) }

// stub proves that the stub earns nothing but what it is given.
func (p *Verifier) stub(ctx context.Context, l *lab.Lab, built func(string) (*build.Binary, error)) (Line, error) {
	bin, err := built("stub")
	if err != nil {
		return Line{}, err
	}
	line, err := p.repeat(ctx, bin, "stub", l.Checks, func(v judge.Verdict) string {
		switch {
		case v.Passed() && !v.Check.Given:
			return v.Check.Name + ": passed, although the stub has nothing done"
		case !v.Passed() && v.Check.Given:
			return fmt.Sprintf("%s: %s, although lab.toml says that it is given\n%s", v.Check.Name, v.Status, v.Message)
		}
		return ""
	})
	line.What = "only what is given passes"
	return line, err
}

// mistake proves that a mistake is caught.
func (p *Verifier) mistake(ctx context.Context, bin *build.Binary, m answers.Mistake) ([]Line, error) {
	var lines []Line
	if m.Core {
		line, err := p.repeat(ctx, bin, m.Name, others(bin.Lab, m), unlessPassed)
		if err != nil {
			return nil, err
		}
		line.What = "no other core check fails"
		lines = append(lines, line)
	}
	for i, name := range m.Checks {
		check, ok := bin.Lab.Check(name)
		if !ok {
			continue // the catalogue's line says so
		}
		seen := map[verdict.Status]int{}
		line, err := p.repeat(ctx, bin, m.Name, []lab.Check{check}, func(v judge.Verdict) string {
			seen[v.Status]++
			if v.Passed() {
				return fmt.Sprintf("%s did not catch it under seed %d", name, v.Seed)
			}
			return ""
		})
		if err != nil {
			return nil, err
		}
		line.What, line.Check, line.Seen = "caught by "+name, name, seen
		if i == 0 && !m.Varies {
			wrong, err := p.feedback(ctx, bin, m, check)
			if err != nil {
				return nil, err
			}
			line.Wrong = append(line.Wrong, wrong...)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func unlessPassed(v judge.Verdict) string {
	if v.Passed() {
		return ""
	}
	return fmt.Sprintf("%s: %s under seed %d\n%s", v.Check.Name, v.Status, v.Seed, v.Message)
}

// others are the core checks that a mistake passes.
func others(l *lab.Lab, m answers.Mistake) []lab.Check {
	return slices.DeleteFunc(slices.Clone(l.Checks), func(c lab.Check) bool { return c.Bonus || slices.Contains(m.Checks, c.Name) })
}

// build builds the variants ahead of those who ask for them, as many at once as there are processors:
// most of a build is the linker, which uses one. Each can be asked for once.
func (p *Verifier) build(ctx context.Context, l *lab.Lab, variants []answers.Answer) (built func(name string) (*build.Binary, error), wait func()) {
	type result struct {
		bin *build.Binary
		err error
	}
	results := map[string]chan result{}
	for _, v := range variants {
		results[v.Name] = make(chan result, 1)
	}
	done := make(chan struct{})
	go func() { // ends with the builds, and they with ctx
		defer close(done)
		var group errgroup.Group
		group.SetLimit(runtime.NumCPU())
		for _, v := range variants {
			group.Go(func() error {
				bin, err := p.Builder.TestFiles(ctx, l, v.Files)
				if err != nil {
					err = fmt.Errorf("%s of lab %s: %w", v.Name, l.ID, err)
				}
				results[v.Name] <- result{bin, err}
				return nil
			})
		}
		group.Wait()
	}()
	return func(name string) (*build.Binary, error) {
		r := <-results[name]
		return r.bin, r.err
	}, func() { <-done }
}

// processes is how many run at once. Most of the time of a failing check is spent waiting.
func processes() int { return 3 * runtime.NumCPU() }

// repeat runs the checks as often as asked for. wrong says what is not as it must be, or ""; it is
// called by one goroutine at a time.
func (p *Verifier) repeat(ctx context.Context, bin *build.Binary, variant string, checks []lab.Check, wrong func(judge.Verdict) string) (Line, error) {
	line := Line{Variant: variant, Runs: p.Runs}
	var mu sync.Mutex // guards line
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(processes())
	for run := range p.Runs {
		group.Go(func() error {
			good := true
			judge := *p.Judge
			judge.Brief = true
			judge.Round = uint64(run)
			for _, check := range checks {
				v, err := judge.Run(ctx, bin, check)
				if err != nil {
					return err
				}
				mu.Lock()
				if text := wrong(v); text != "" {
					good = false
					if !slices.Contains(line.Wrong, text) {
						line.Wrong = append(line.Wrong, text)
					}
				}
				mu.Unlock()
			}
			if good {
				mu.Lock()
				line.Good++
				mu.Unlock()
			}
			return nil
		})
	}
	return line, group.Wait()
}

// catalogue proves that lab.toml, the checks, the stub, the concepts and the mistakes fit together.
func (p *Verifier) catalogue(ctx context.Context, bin *build.Binary, all bank) (Line, error) {
	l := bin.Lab
	line := Line{Variant: "catalogue", What: "lab.toml, checks, stub, concepts and mistakes fit together", Runs: 1}
	wrong := func(format string, args ...any) { line.Wrong = append(line.Wrong, fmt.Sprintf(format, args...)) }

	out, err := exec.CommandContext(ctx, bin.Path, "-test.list=.").Output()
	if err != nil {
		return line, fmt.Errorf("the checks of lab %s cannot be listed: %w", l.ID, err)
	}
	tests := strings.Fields(string(out))
	for _, test := range tests {
		if _, ok := l.Check(test); !ok {
			wrong("%s is not in lab.toml: every test of a lab is a check, and needs a [[check]] there", test)
		}
	}
	stub, err := os.ReadFile(filepath.Join(l.Root, l.Dir(), l.Files[0]))
	if err != nil {
		return line, err
	}
	concepts, err := os.ReadFile(filepath.Join(l.Root, "docs", "concepts.md"))
	if err != nil {
		return line, err
	}
	blanks, err := skeleton.Left(l.Root, l.ID)
	if err != nil {
		return line, err
	}
	for _, at := range blanks {
		wrong("%s: a blank is left: it says %q", at, skeleton.Blank)
	}
	bare, err := unproven(l)
	if err != nil {
		return line, err
	}
	line.Wrong = append(line.Wrong, bare...)
	for _, c := range l.Checks {
		if !slices.Contains(tests, c.Name) {
			wrong("lab.toml has %s, and there is no such test", c.Name)
		}
		if c.Part != "" && !strings.Contains(string(stub), "TODO("+c.Part+")") {
			wrong("%s: the stub has no mark TODO(%s)", c.Name, c.Part)
		}
		if anchors := anchors(string(concepts)); !slices.Contains(anchors, c.Concept) {
			wrong("%s: docs/concepts.md has no heading for the concept %q; it has %s", c.Name, c.Concept, strings.Join(anchors, ", "))
		}
		if !slices.ContainsFunc(all.mistakes, func(m answers.Mistake) bool { return slices.Contains(m.Checks, c.Name) }) {
			wrong("%s: no mistake has \"Caught-By: %s\", so nothing proves that it catches anything", c.Name, c.Name)
		}
	}
	if err := fits(l, all, wrong); err != nil {
		return line, err
	}
	if len(line.Wrong) == 0 {
		line.Good = 1
	}
	return line, nil
}

// fits tells wrong what of the mistakes does not fit their bases, the checks and the folder that they are in.
func fits(l *lab.Lab, all bank, wrong func(format string, args ...any)) error {
	if all.stale != nil {
		wrong("%v", all.stale)
	}
	for _, m := range all.mistakes {
		for _, name := range m.Checks {
			if _, ok := l.Check(name); !ok {
				wrong("%s: there is no check %s in lab.toml", m.Path, name)
			}
		}
	}
	unfolded, err := answers.Unfolded(l)
	if err != nil {
		return err
	}
	for _, folder := range unfolded {
		wrong("%s is not folded into its patch, so it is not proved; go run ./harness verify --refresh %s %s", folder, path.Base(folder), l.ID)
	}
	return nil
}

// anchors lists the headings of a Markdown text as links name them.
func anchors(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if title, ok := strings.CutPrefix(line, "#"); ok {
			title = strings.ToLower(strings.TrimSpace(strings.TrimLeft(title, "#")))
			all = append(all, strings.ReplaceAll(notInAnchor.ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return all
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
