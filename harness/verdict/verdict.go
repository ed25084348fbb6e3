// Package verdict carries what a check found from the process that it ran in to the one that
// judges. A check has passed when its process says so here, and in no other way: neither what a
// process prints nor its exit status is a verdict.
//
//	verdict.Start("TestScenario3")                  // in the check's process
//	verdict.End("TestScenario3", verdict.Passed)
//
//	ch, err := verdict.New(dir)                     // in the judge's
//	cmd.Env = append(cmd.Env, ch.Env()...)
//	records, forged := ch.Records()                  // when the process is gone
//
// A process that nobody judges, such as a student's go test, has no channel, and Start and End do
// nothing.
package verdict

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"lockstep/harness/given"
	"lockstep/harness/process"
)

// A Status is what became of a check.
type Status string

const (
	Passed   Status = "passed"
	Failed   Status = "failed"
	Raced    Status = "raced"
	Leaked   Status = "leaked"
	Timeout  Status = "timeout"
	Panicked Status = "panicked"
	Tampered Status = "tampered" // what the process said of itself does not fit together
	NotRun   Status = "not_run"
)

// Environment variables of a check's process.
const (
	DeadlineEnv = "LOCKSTEP_DEADLINE" // how long the check may take, as a time.Duration
	SeedEnv     = "LOCKSTEP_SEED"     // decides when package perturb yields; a positive number
	LifelineEnv = "LOCKSTEP_LIFELINE" // standard input stays open for as long as the process is wanted
)

// A Record is one thing that a process says about a check.
type Record struct {
	Key    string `json:"key"` // of the channel; others are not believed
	Check  string `json:"check"`
	Event  string `json:"event"` // "start" or "end"
	Status Status `json:"status,omitempty"`
}

// file and key are nothing that a student's code can learn.
var file, key = given.Secret("verdict file"), given.Secret("verdict key")

// Asked tells whether anybody judges this process.
func Asked() bool { return file != "" }

// Start says that a check begins.
func Start(check string) { send(Record{Check: check, Event: "start"}) }

// End says how a check ended. Nothing that the check started is running any more.
func End(check string, s Status) { send(Record{Check: check, Event: "end", Status: s}) }

func send(r Record) {
	if file == "" {
		return
	}
	r.Key = key
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of strings
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
		f.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockstep: the verdict cannot be told:", err) // and so the check has not passed
	}
}

// A Channel is the judge's end.
type Channel struct{ file, key, env string }

// New makes a channel for one process, in dir.
func New(dir string) (*Channel, error) {
	c := &Channel{file: filepath.Join(dir, "verdict"), key: rand.Text()}
	if err := os.WriteFile(c.file, nil, 0o600); err != nil {
		return nil, err
	}
	var err error
	c.env, err = given.Secrets(dir, map[string]string{"verdict file": c.file, "verdict key": c.key})
	return c, err
}

// Env is what the process needs in its environment.
func (c *Channel) Env() string { return c.env }

// maxRecords is how much is read of what a process has recorded, in bytes.
const maxRecords = 1 << 20

// Records returns what the process said, in order. Lines without the channel's key are not from
// the kit; forged tells whether there are any.
func (c *Channel) Records() (records []Record, forged bool) {
	data, err := process.ReadFile(c.file, maxRecords)
	if err != nil {
		return nil, true // nobody but the process was there to make it what it is
	}
	for line := range bytes.Lines(data) {
		var r Record
		if json.Unmarshal(line, &r) != nil || r.Key != c.key {
			forged = true
			continue
		}
		records = append(records, r)
	}
	return records, forged
}
