// Package proof proves the checks of a lab: the reference passes them all, the stub passes none
// that it is not given, and each mistake in solutions/NN/mistakes fails the check that its package
// comment names.
//
//	p := &proof.Proof{Builder: b, Judge: j, Runs: 50}
//	lines, err := p.Lab(ctx, l)
//
// It runs everything through the same path as a student's files.
package proof

import (
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/build"
	"lockstep/harness/judge"
	"lockstep/harness/lab"
	"lockstep/harness/verdict"
)

// A Proof builds every variant of a lab once, and runs it Runs times.
type Proof struct {
	Builder *build.Builder
	Judge   *judge.Judge
	Runs    int
	Told    func(Line) // each line as soon as it is known, in order; may be nil
}

// A Line is what became of one variant.
type Line struct {
	Variant string                 // reference, stub, or the name of a mistake
	Check   string                 // the check that has to catch it; "" for reference and stub
	Good    int                    // runs that went as they must
	Runs    int                    // of so many
	Wrong   []string               // what did not, a line each
	Seen    map[verdict.Status]int // how often the check ended how; for mistakes only
}

// OK tells whether every run went as it must.
func (l Line) OK() bool { return l.Good == l.Runs && len(l.Wrong) == 0 }

// An Answer is one that has to earn all points.
type Answer struct{ Name, Dir string }

// Right lists the right answers of a lab: the reference first, then solutions/NN/styles.
func Right(l *lab.Lab) ([]Answer, error) {
	all := []Answer{{"reference", l.SolutionDir()}}
	files, err := filepath.Glob(filepath.Join(l.Root, l.SolutionDir(), "styles", "*", l.Files[0]))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		all = append(all, Answer{name, l.SolutionDir() + "/styles/" + name})
	}
	return all, nil
}

// A Mistake is a folder under mistakes.
type Mistake struct {
	Name   string
	Dir    string // relative to the root
	Checks []string
	Core   bool // it earns the core points all the same, and says so
	Varies bool // what a student's go test says of it is not the same in every run, and it says so
}

// Mistakes reads the mistakes of a lab.
func Mistakes(l *lab.Lab) ([]Mistake, error) {
	dirs, err := filepath.Glob(filepath.Join(l.Root, l.SolutionDir(), "mistakes", "*", l.Files[0]))
	if err != nil {
		return nil, err
	}
	var all []Mistake
	for _, file := range dirs {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return nil, err
		}
		dir := filepath.Dir(file)
		m := Mistake{Name: strings.TrimPrefix(filepath.Base(dir), "_")}
		if m.Dir, err = filepath.Rel(l.Root, dir); err != nil {
			return nil, err
		}
		for _, match := range caughtBy.FindAllStringSubmatch(f.Doc.Text(), -1) {
			m.Checks = append(m.Checks, match[1])
		}
		doc := strings.Join(strings.Fields(f.Doc.Text()), " ")
		m.Core = strings.Contains(doc, "earns the core points")
		m.Varies = strings.Contains(doc, "in some runs")
		if len(m.Checks) == 0 {
			return nil, fmt.Errorf("%s: the package comment does not say which check catches it; write \"Caught by TestX\"", file)
		}
		all = append(all, m)
	}
	return all, nil
}

var caughtBy = regexp.MustCompile(`Caught\s+by\s+(Test\w+)`)

// Lab proves one lab. An error means that something of our own went wrong; what is wrong with the
// lab is in the lines.
func (p *Proof) Lab(ctx context.Context, l *lab.Lab) ([]Line, error) {
	mistakes, err := Mistakes(l)
	if err != nil {
		return nil, err
	}
	var lines []Line
	tell := func(line Line) {
		lines = append(lines, line)
		if p.Told != nil {
			p.Told(line)
		}
	}
	// The reference first: it fills the build cache for the others.
	right, err := Right(l)
	if err != nil {
		return nil, err
	}
	for i, answer := range right {
		bin, err := p.Builder.Test(ctx, l, answer.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", answer.Dir, err)
		}
		if i == 0 {
			catalogue, err := p.catalogue(ctx, bin, mistakes)
			if err != nil {
				return nil, err
			}
			tell(catalogue)
		}
		line, err := p.repeat(ctx, bin, answer.Name, l.Checks, unlessPassed)
		if err != nil {
			return nil, err
		}
		tell(line)
	}

	stub, err := p.Builder.Test(ctx, l, "")
	if err != nil {
		return nil, fmt.Errorf("the stub of lab %s: %w", l.ID, err)
	}
	line, err := p.repeat(ctx, stub, "stub", l.Checks, func(v judge.Verdict) string {
		switch {
		case v.Passed() && !v.Check.Given:
			return v.Check.Name + ": passed, although the stub has nothing done"
		case !v.Passed() && v.Check.Given:
			return fmt.Sprintf("%s: %s, although lab.toml says that it is given\n%s", v.Check.Name, v.Status, v.Message)
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	tell(line)

	for _, m := range mistakes {
		bin, err := p.Builder.Test(ctx, l, m.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Dir, err)
		}
		if m.Core {
			line, err := p.repeat(ctx, bin, m.Name, core(l), unlessPassed)
			if err != nil {
				return nil, err
			}
			tell(line)
		}
		for _, name := range m.Checks {
			check, ok := l.Check(name)
			if !ok {
				return nil, fmt.Errorf("%s: lab %s has no check %s", m.Dir, l.ID, name)
			}
			seen := map[verdict.Status]int{}
			line, err := p.repeat(ctx, bin, m.Name, []lab.Check{check}, func(v judge.Verdict) string {
				seen[v.Status]++
				if v.Passed() {
					return name + " did not catch it"
				}
				return ""
			})
			if err != nil {
				return nil, err
			}
			line.Check, line.Seen = name, seen
			tell(line)
		}
	}
	return lines, nil
}

func unlessPassed(v judge.Verdict) string {
	if v.Passed() {
		return ""
	}
	return fmt.Sprintf("%s: %s\n%s", v.Check.Name, v.Status, v.Message)
}

func core(l *lab.Lab) []lab.Check {
	return slices.DeleteFunc(slices.Clone(l.Checks), func(c lab.Check) bool { return c.Bonus })
}

// processes is how many run at once. Most of the time of a failing check is spent waiting.
func processes() int { return 3 * runtime.NumCPU() }

// repeat runs the checks as often as asked for. wrong says what is not as it must be, or ""; it is
// called by one goroutine at a time.
func (p *Proof) repeat(ctx context.Context, bin *build.Binary, variant string, checks []lab.Check, wrong func(judge.Verdict) string) (Line, error) {
	line := Line{Variant: variant, Runs: p.Runs}
	var mu sync.Mutex // guards line
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(processes())
	for range p.Runs {
		group.Go(func() error {
			good := true
			for _, check := range checks {
				v, err := p.Judge.Run(ctx, bin, check)
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
func (p *Proof) catalogue(ctx context.Context, bin *build.Binary, mistakes []Mistake) (Line, error) {
	l := bin.Lab
	line := Line{Variant: "catalogue", Runs: 1}
	wrong := func(format string, args ...any) { line.Wrong = append(line.Wrong, fmt.Sprintf(format, args...)) }

	out, err := exec.CommandContext(ctx, bin.Path, "-test.list=.").Output()
	if err != nil {
		return line, fmt.Errorf("the checks of lab %s cannot be listed: %w", l.ID, err)
	}
	tests := strings.Fields(string(out))
	for _, test := range tests {
		if _, ok := l.Check(test); !ok && test != "TestRaceDetectorIsOn" {
			wrong("%s is not in lab.toml", test)
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
	for _, c := range l.Checks {
		if !slices.Contains(tests, c.Name) {
			wrong("lab.toml has %s, and the checks have no such test", c.Name)
		}
		if c.Part != "" && !strings.Contains(string(stub), "TODO("+c.Part+")") {
			wrong("%s: the stub has no mark TODO(%s)", c.Name, c.Part)
		}
		if !slices.Contains(Anchors(string(concepts)), c.Concept) {
			wrong("%s: docs/concepts.md has no heading for %q", c.Name, c.Concept)
		}
		if !slices.ContainsFunc(mistakes, func(m Mistake) bool { return slices.Contains(m.Checks, c.Name) }) {
			wrong("%s: no mistake proves that it catches anything", c.Name)
		}
	}
	if len(line.Wrong) == 0 {
		line.Good = 1
	}
	return line, nil
}

// Anchors lists the headings of a Markdown text as links name them.
func Anchors(text string) []string {
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
