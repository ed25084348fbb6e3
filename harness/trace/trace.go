// Package trace, of the lecture, is a recorded run of a student's server as lanes and steps: one format for the terminal, a page, feedback and
// replay.
//
//	t, err := trace.New(trace.Recorded{Lab: l, Check: check, Files: files, Run: run, ...})
//	t.Write(w)                 // as JSON, schema lockstep/trace/v1
//	fmt.Print(t.Runs[0].Draw(100)) // a column for each handler
//
// A run has many steps, and few of them matter: who took which lock, where somebody was put aside, the two lines that meet. Those have a step each; what
// lies between is a stretch, which is one step with the lines that it ran. What a step changes is told so that whoever replays the changes, step after
// step, knows who holds what.
//
// A trace is self-contained: it has the student's files, and what it takes to run the same schedule again. Nothing in it is to be believed but
// its form when it comes from somebody else, and [Read] looks at that.
package trace

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"lockstep/harness/lab"
	"lockstep/harness/steer"
	"lockstep/harness/verdict"
)

// Schema names the form of a trace.
const Schema = "lockstep/trace/v1"

// A Trace is one recorded run, or two that are laid side by side, the failing one first.
type Trace struct {
	Schema string `json:"schema"`
	ID     string `json:"id"`
	Lab    string `json:"lab"`
	Title  string `json:"title"`
	Origin string `json:"origin"` // where it comes from, for people
	Replay Replay `json:"replay"`
	Runs   []Run  `json:"runs"`
}

// A Replay is what it takes to run the first run again, and to compare.
type Replay struct {
	Check    string         `json:"check"`
	Status   verdict.Status `json:"status"`
	Go       string         `json:"go"`  // the version of Go
	Kit      string         `json:"kit"` // a sum of the kit's files
	Schedule steer.Schedule `json:"schedule"`
	Events   []byte         `json:"events"` // what happened, packed
}

// A Run is what happened under one schedule.
type Run struct {
	ID        string     `json:"id"`
	Label     string     `json:"label"`
	About     string     `json:"about,omitempty"`
	Verdict   string     `json:"verdict"` // broken or ok
	Files     []File     `json:"files"`
	Lanes     []Lane     `json:"lanes"`
	Objects   []Object   `json:"objects"`
	Steps     []Step     `json:"steps"`
	Edges     []Edge     `json:"edges"`
	End       End        `json:"end"`
	Questions []Question `json:"questions,omitempty"`
}

// A File is one of the student's.
type File struct {
	ID     string `json:"id"`
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	First  int    `json:"first"` // number of the first line of Source
	Source string `json:"source"`
}

// A Lane is a goroutine of the student's, or the check.
type Lane struct {
	ID   string `json:"id"`
	Name string `json:"name"` // its role, such as "client 2's handler"
	Mark string `json:"mark"` // a letter or two for it
	Role string `json:"role"` // handler has a column, story is a band across all
}

// An Object is something that lanes share.
type Object struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Kind  string `json:"kind"` // lock, field
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
}

// A Step is one line that a lane ran, or a stretch of several.
type Step struct {
	Lane    string   `json:"lane"`
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Lines   []int    `json:"lines,omitempty"` // of a stretch: all that it ran, in order, up to a number
	Lanes   []string `json:"lanes,omitempty"` // of a stretch of several lanes: which, unless they are many
	Kind    string   `json:"kind"`
	What    string   `json:"what"`
	Say     string   `json:"say,omitempty"`
	Changes []Change `json:"changes,omitempty"`
	Uses    []string `json:"uses,omitempty"`
	Waits   *Waits   `json:"waits,omitempty"` // until the lane's next step
	Next    int      `json:"next,omitempty"`  // the line before which the lane is put aside
	Last    bool     `json:"last,omitempty"`  // the goroutine ends with it
	Switch  string   `json:"switch,omitempty"`
	Result  string   `json:"result,omitempty"`
	Got     string   `json:"got,omitempty"`
	Sync    string   `json:"sync,omitempty"` // the step of the other run with the same one stands beside it
	Event   int      `json:"event"`          // the last event of the recording that belongs to it, counted from 1
}

// A Change is what a step made of an object.
type Change struct {
	Object string `json:"object"`
	Before string `json:"before"`
	After  string `json:"after"`
	Owner  string `json:"owner,omitempty"` // a lane
}

// Waits says for what a lane waits, and for whom, if that is known.
type Waits struct {
	For string `json:"for"`
	Of  string `json:"of,omitempty"`
}

// An Edge is an order between two lanes that a lock has made. Steps are counted from 1.
type Edge struct {
	From int    `json:"from"`
	To   int    `json:"to"`
	Why  string `json:"why"`
}

// An End is how a run broke. It is empty for one that did not.
type End struct {
	Race    *Race    `json:"race,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
}

// A Race is between two steps that nothing orders.
type Race struct {
	First   int    `json:"first"`
	Second  int    `json:"second"`
	Object  string `json:"object,omitempty"`
	Says    string `json:"says"`
	Missing string `json:"missing,omitempty"`
	Report  string `json:"report"`
}

// A Failure is the step at which a check failed, and what led there, from the symptom backwards.
type Failure struct {
	Step     int    `json:"step"`
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
	Report   string `json:"report,omitempty"` // all that the check said
	Cause    []int  `json:"cause,omitempty"`
}

// A Question is for the class, before a step.
type Question struct {
	Before  int      `json:"before"`
	Ask     string   `json:"ask"`
	Answers []string `json:"answers"`
	Right   int      `json:"right"`
	Why     string   `json:"why"`
}

// maxSize bounds a trace that is read.
const maxSize = 8 << 20

// Write writes the trace as JSON.
func (t *Trace) Write(w io.Writer) error {
	text, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// Read reads what Write writes. An error says what is not as it has to be.
func Read(from io.Reader) (*Trace, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("it is larger than %d MiB", maxSize>>20)
	}
	var t Trace
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&t); err != nil {
		return nil, fmt.Errorf("it is no trace: %w", err)
	}
	if t.Schema != Schema {
		return nil, fmt.Errorf("its schema is %q, and %q is what this kit reads", t.Schema, Schema)
	}
	return &t, t.check()
}

// check looks at the form: whatever the steps name is there, and the order that is told leads on.
func (t *Trace) check() error {
	if len(t.Runs) == 0 {
		return fmt.Errorf("it has no run")
	}
	for _, r := range t.Runs {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) check() error {
	files, lanes, values := map[string]File{}, map[string]bool{}, map[string]string{}
	for _, f := range r.Files {
		if sum := sha256.Sum256([]byte(f.Source)); f.First == 1 && f.SHA256 != hex.EncodeToString(sum[:]) {
			return fmt.Errorf("%s is not the file that it was", f.Path)
		}
		files[f.ID] = f
	}
	for _, l := range r.Lanes {
		lanes[l.ID] = true
	}
	for _, o := range r.Objects {
		values[o.ID] = o.Value
	}
	for i, s := range r.Steps {
		if !lanes[s.Lane] {
			return fmt.Errorf("step %d is of lane %q, which is not there", i+1, s.Lane)
		}
		for _, id := range s.Lanes {
			if !lanes[id] {
				return fmt.Errorf("step %d is of lane %q, which is not there", i+1, id)
			}
		}
		if f, ok := files[s.File]; s.File != "" && (!ok || s.Line < f.First || s.Line >= f.First+lines(f.Source)) {
			return fmt.Errorf("step %d is at %s:%d, which is not there", i+1, s.File, s.Line)
		}
		for _, c := range s.Changes {
			if before, ok := values[c.Object]; !ok || before != c.Before {
				return fmt.Errorf("step %d changes %q from %q, which it is not", i+1, c.Object, c.Before)
			}
			values[c.Object] = c.After
		}
	}
	for _, e := range r.Edges {
		if e.From < 1 || e.To > len(r.Steps) || e.From >= e.To {
			return fmt.Errorf("there is an order from step %d to step %d", e.From, e.To)
		}
	}
	there := func(n int) bool { return n >= 1 && n <= len(r.Steps) }
	if e := r.End.Race; e != nil && (!there(e.First) || !there(e.Second)) {
		return fmt.Errorf("steps %d and %d race, and are not both there", e.First, e.Second)
	}
	if e := r.End.Failure; e != nil && !there(e.Step) {
		return fmt.Errorf("it broke in step %d, which is not there", e.Step)
	}
	return nil
}

func lines(source string) int { return bytes.Count([]byte(source), []byte("\n")) + 1 }

// Submission are the files of the first run, as they were handed in.
func (t *Trace) Submission() []lab.File {
	var files []lab.File
	for _, f := range t.Runs[0].Files {
		files = append(files, lab.File{Name: f.Path, Data: []byte(f.Source)})
	}
	return files
}
