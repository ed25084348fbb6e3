package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/lab"
)

// feedback compares what the author of a mistake is told by a check, when nothing is disturbed, with what is kept beside it, or keeps it. It
// returns what is wrong with it.
func (p *Verifier) feedback(ctx context.Context, bin *build.Binary, m answers.Mistake, check lab.Check) (wrong []string, err error) {
	got, err := p.calmly(ctx, bin, check)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(bin.Lab.Root, m.Golden())
	if p.Record {
		again, err := p.calmly(ctx, bin, check)
		if err != nil {
			return nil, err
		}
		why := ""
		switch {
		case got != again:
			why = "in every run:\n" + string(diff.Diff("once", []byte(got), "again", []byte(again)))
		case strings.Contains(got, bin.Lab.Root):
			why = "on every machine:\n" + got
		default:
			return nil, os.WriteFile(file, []byte(got), 0o644)
		}
		return []string{fmt.Sprintf("nothing is written: change the check's message, or write \"Feedback: varies\" into %s, for what a student is told is not the same %s", m.Path, why)}, nil
	}
	record := fmt.Sprintf("go run ./harness verify --only %s --feedback %s writes it, for you to read", m.Name, bin.Lab.ID)
	want, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []string{fmt.Sprintf("there is no %s, what a student is told: %s", m.Golden(), record)}, nil
	case err != nil:
		return nil, err
	case string(want) != got:
		return []string{fmt.Sprintf("a student is told something else than before; if it is better now, %s\n%s", record, diff.Diff(m.Golden(), want, "now", []byte(got)))}, nil
	}
	return nil, nil
}

// calmly is what a check says when nothing is disturbed.
func (p *Verifier) calmly(ctx context.Context, bin *build.Binary, check lab.Check) (string, error) {
	calm := *p.Judge
	calm.Calm = true
	v, err := calm.Run(ctx, bin, check)
	return Told(v.Message), err
}

var (
	address   = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	serverLog = regexp.MustCompile(`(?m)\n    what the server logged:\n(      .*\n?)*`)
	further   = regexp.MustCompile(`(?m)^ *a further data race, maybe for the same reason .*\n?`)
	checkFile = regexp.MustCompile(`(\w+_test\.go):\d+`)
	rawReport = regexp.MustCompile(`(?s)The race detector's own report:.*?={18}.*?={18}`)
)

// Told is a check's message without what differs from run to run. That of a mistake's first check is kept beside the mistake.
func Told(message string) string {
	message = rawReport.ReplaceAllString(message, "The race detector's own report: (left out)")
	message = further.ReplaceAllString(message, "")     // how many there are is chance
	message = serverLog.ReplaceAllString(message, "")   // goes on while the clients of a failed scenario leave
	message = checkFile.ReplaceAllString(message, "$1") // a line more in a check is no change of what is said
	return strings.TrimSpace(address.ReplaceAllString(message, "HOST:PORT")) + "\n"
}
