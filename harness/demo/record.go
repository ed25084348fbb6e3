// Package demo, of the lecture, shows the lecture's scenarios on the unlocked and on the locked server. It records
// them first, each against a server process of its own with the race detector on, and then shows
// what happened: step by step on a terminal, or all at once as text.
//
//	recordings, err := demo.Record(ctx, builder, l, []int{1, 2, 3})
//	demo.Print(os.Stdout, recordings)
package demo

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"lockstep/harness/answers"
	"lockstep/harness/build"
	"lockstep/harness/demo/script"
	"lockstep/harness/explain"
	"lockstep/harness/lab"
	"lockstep/harness/race"
	"lockstep/harness/scenario"
)

// A Variant is one of the two servers.
type Variant struct {
	name  string // unlocked, locked
	what  string // for people
	Path  string // where it is, relative to the root: a folder, or a mistake's patch
	whose string // the answer's name
}

// Variants are the servers that the demo compares. Neither is the working copy: the lecturer may
// have solved the lab.
var Variants = []Variant{
	{"unlocked", "the server of the lecture, which every client's handler uses as it likes", "solutions/04/mistakes/nolock.patch", "nolock"},
	{"locked", "the same server with a lock around the log", "solutions/04", "reference"},
}

// Scenarios are the numbers that there are.
var Scenarios = []int{1, 2, 3}

// A Recording is one scenario on one variant.
type Recording struct {
	scenario   int
	variant    Variant
	transcript *scenario.Transcript
	race       string // the first race report, explained; "" if there was none
}

// A Summary is a recording in results.json's manner.
type Summary struct {
	Scenario int    `json:"scenario"`
	Variant  string `json:"variant"`
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Race     bool   `json:"race"`
}

// Summary sums the recording up. OK is about what the clients got and what was stored; a race is
// told apart.
func (r Recording) Summary() Summary {
	s := Summary{Scenario: r.scenario, Variant: r.variant.name, OK: r.transcript.Failure == "", Race: len(r.transcript.Races) > 0}
	if !s.OK {
		s.Error = r.transcript.Reply
		if s.Error == "" {
			s.Error = r.transcript.Failure
		}
	}
	return s
}

// Record builds both variants and plays the scenarios on them, in the order in which they are shown.
func Record(ctx context.Context, b *build.Builder, l *lab.Lab, scenarios []int) ([]Recording, error) {
	bins := make([]*build.Binary, len(Variants))
	group, buildCtx := errgroup.WithContext(ctx)
	for i, v := range Variants {
		group.Go(func() error {
			answer, err := answers.Find(l, v.whose)
			if err == nil {
				bins[i], err = b.TestFiles(buildCtx, l, answer.Files)
			}
			if err != nil {
				err = fmt.Errorf("the %s server (%s): %w", v.name, v.Path, err)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var recordings []Recording
	for _, number := range scenarios {
		for i, v := range Variants {
			file := filepath.Join(b.Root, "scripts", l.ID, fmt.Sprintf("scenario%d.txtar", number))
			transcript, err := scenario.Play(ctx, file, func() *exec.Cmd { return exec.Command(bins[i].Path) }, scenario.Options{TempDir: b.Dir, Extra: script.Extra})
			if err != nil {
				return nil, err
			}
			recording := Recording{scenario: number, variant: v, transcript: transcript}
			if len(transcript.Races) > 0 {
				recording.race = explain.Explainer{Own: race.FilesOf(lab.Owns, transcript.Races...), Source: bins[i].Source, Files: bins[i].Reported()}.Explain(transcript.Races[0])
			}
			recordings = append(recordings, recording)
		}
	}
	return recordings, nil
}
