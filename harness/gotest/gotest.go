// Package gotest, of the grader, reads what go test -json prints, and tells which tests were left out. Of a package that passes, go test itself says
// nothing of them; -json has them in any case, also out of the cache.
package gotest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// Installed is a variable that lists the programs which tests need and not every machine has. go test's cache knows of variables that a test has read
// and of no programs: a test that was left out for want of one has read it, and is run again when the program is there.
const Installed = "LOCKSTEP_INSTALLED"

// Environ is for go test: the environment, with Installed in it.
func Environ() []string {
	var all []string
	for _, name := range []string{"bwrap", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			all = append(all, path)
		}
	}
	return append(os.Environ(), Installed+"="+strings.Join(all, " "))
}

// A LeftOut is a test that was left out.
type LeftOut struct {
	Package string
	Test    string
	Why     string
}

// An event is a line that go test -json prints, as go doc test2json describes them.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// Read writes to w what go test without -json prints for r, and returns what was left out. A line that is not JSON is printed as it is.
func Read(r io.Reader, w io.Writer) ([]LeftOut, error) {
	running := map[string]*run{}
	var all []LeftOut
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			if _, err := io.WriteString(w, line); err != nil {
				return all, err
			}
		} else {
			p := running[e.Package]
			if p == nil {
				p = &run{over: map[string]bool{}}
				running[e.Package] = p
			}
			text, out := p.take(e)
			if _, err := io.WriteString(w, text); err != nil {
				return all, err
			}
			all = append(all, out...)
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// A run is what one package's tests have printed.
type run struct {
	lines []event
	over  map[string]bool // tests that have not failed
}

// take returns what there is to print, and to tell, behind an event.
func (p *run) take(e event) (text string, out []LeftOut) {
	switch e.Action {
	case "output":
		p.lines = append(p.lines, e)
	case "build-output":
		return e.Output, nil
	case "pass", "skip":
		switch {
		case e.Test == "":
			return p.last(), nil
		case e.Action == "skip":
			out = []LeftOut{{e.Package, e.Test, p.why(e.Test)}}
		}
		p.over[e.Test] = true
	case "fail":
		if e.Test == "" {
			return p.failed(), nil
		}
	}
	return "", out
}

// last is the line that says how the package did.
func (p *run) last() string {
	for _, l := range slices.Backward(p.lines) {
		if l.Test == "" {
			return l.Output
		}
	}
	return ""
}

// progress is what go test prints only with -v.
var progress = regexp.MustCompile(`^(=== |--- SKIP)`)

// failed is all that was printed but by tests that are through.
func (p *run) failed() string {
	var b strings.Builder
	for _, l := range p.lines {
		if !p.over[l.Test] && !progress.MatchString(l.Output) {
			b.WriteString(l.Output)
		}
	}
	return b.String()
}

// place is where a test says something: "    needs_test.go:20: ".
var place = regexp.MustCompile(`^ +\S+\.go:\d+: `)

// why is what a test has said last before it was left out.
func (p *run) why(test string) string {
	var said []string
	for _, l := range p.lines {
		text := strings.TrimRight(l.Output, "\n")
		switch {
		case l.Test != test || progress.MatchString(strings.TrimLeft(text, " ")):
		case place.MatchString(text):
			said = []string{place.ReplaceAllString(text, "")}
		default:
			said = append(said, strings.TrimSpace(text))
		}
	}
	if len(said) == 0 {
		return "it does not say why"
	}
	return strings.Join(said, " ")
}

// Asked tells whether the environment asked for what was left out: its reason begins with the name of a variable.
func (l LeftOut) Asked() bool { return strings.HasPrefix(l.Why, "WITHOUT_") }

// Tell writes what was left out, by reason.
func Tell(w io.Writer, all []LeftOut) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "nothing was left out")
		return err
	}
	reasons := map[string][]string{}
	for _, l := range all {
		reasons[l.Why] = append(reasons[l.Why], l.Package+" "+l.Test)
	}
	var b strings.Builder
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		slices.Sort(reasons[why])
		fmt.Fprintf(&b, "left out: %s\n  %s\n", why, strings.Join(reasons[why], "\n  "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
